// Accepted items like the one on the desk, and the taking over of their texts. Invariant: what stood in the editor before
// is never lost: after the last of the texts comes one's own again.
import { failure, type Api, type Similar } from "../../api";
import type { Held } from "./held.svelte";

export class SimilarItems {
  /** Of this item. */
  item = $state<number | null>(null);
  found = $state.raw<Similar[]>([]);
  phase = $state<"none" | "loading" | "ready" | "error">("none");
  error = $state.raw<unknown>(null);
  /** Whose text is in the editor. */
  taken = $state<number | null>(null);
  #own: string | null = null;

  async load(api: Pick<Api, "itemSimilar">, item: number): Promise<void> {
    if (this.item === item && this.phase !== "error") return;
    Object.assign(this, { item, found: [], phase: "loading", error: null, taken: null });
    this.#own = null;
    try {
      const found = await api.itemSimilar(item);
      // Meanwhile another item may have come to the desk.
      if (this.item !== item) return;
      this.found = found;
      this.phase = "ready";
    } catch (e) {
      if (this.item !== item) return;
      this.error = failure(e);
      this.phase = "error";
    }
  }

  /** Puts the text of one of them into the editor. */
  take(held: Held, at: number): void {
    const text = this.found[at]?.text;
    if (held.id !== this.item || text === undefined) return;
    if (this.taken === null || held.text !== this.found[this.taken]?.text) this.#own = held.text;
    this.taken = at;
    held.type(text);
  }

  /** The next one's text; after the last one the person's own again. Returns what is in the editor now. */
  takeNext(held: Held): number | "own" | "nothing" {
    if (held.id !== this.item || this.found.length === 0) return "nothing";
    // What was changed since is the person's own, and the round begins anew.
    const still = this.taken !== null && held.text === this.found[this.taken]?.text;
    const next = still && this.taken !== null ? this.taken + 1 : 0;
    if (next < this.found.length) {
      this.take(held, next);
      return next;
    }
    this.taken = null;
    held.type(this.#own ?? held.draft?.text ?? "");
    return "own";
  }
}

/** Of the window's one desk. */
export const similar = new SimilarItems();
