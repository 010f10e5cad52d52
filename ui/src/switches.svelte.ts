// What is paused and how much may go out alone, for every use case: the top bar, the list and the page show the same.
// Invariant: it holds what the shell said last; a use case that could not be asked is left out.
import type { Switches } from "./api";
import { app } from "./app.svelte";

class SwitchBoard {
  #known = $state.raw<ReadonlyMap<number, Switches>>(new Map());
  #asked = 0;

  of(useCase: number | null): Switches | null {
    return useCase === null ? null : (this.#known.get(useCase) ?? null);
  }

  /** Asks for these anew; of two that overlap the later one counts. */
  async look(useCases: number[]): Promise<void> {
    const mine = (this.#asked += 1);
    const found = await Promise.all(
      useCases.map(async (id) => [id, await app.api.switchesView(id).catch(() => null)] as const),
    );
    if (mine !== this.#asked) return;
    this.#known = new Map(found.flatMap(([id, s]) => (s === null ? [] : [[id, s]])));
  }

  take(useCase: number, switches: Switches): void {
    this.#asked += 1;
    this.#known = new Map([...this.#known, [useCase, switches]]);
  }
}

export const switchBoard = new SwitchBoard();
