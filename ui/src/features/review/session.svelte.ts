// What was done since the person sat down: for the page at the end of the queue. It ends with the window.
// Invariant: what is taken back is not counted.
import type { Outcome } from "./desk.svelte";

class Session {
  /** When the first thing was done. */
  since = $state<number | null>(null);
  approve = $state(0);
  edit = $state(0);
  reject = $state(0);
  skip = $state(0);
  escalate = $state(0);
  #order: ("approve" | "edit" | "reject")[] = [];

  get decided(): number {
    return this.approve + this.edit + this.reject;
  }

  note(outcome: Outcome, now: number): void {
    this.since ??= now;
    if (outcome === "undo") {
      const last = this.#order.pop();
      if (last) this[last] -= 1;
      return;
    }
    this[outcome] += 1;
    if (outcome === "approve" || outcome === "edit" || outcome === "reject") this.#order.push(outcome);
  }
}

export const session = new Session();
