// Review without DOM: what a decision is, how long an item was looked at. What changed between two texts is in `diff`.
import type { Draft, Found, ItemState, ItemView, QueueQuery, Verdict } from "../../api";

export { changedCharacters, wordDiff, words, type DiffPart } from "./diff";

/** The verdict that approving means now: a text that differs from its draft is an edit, never thrown away. */
export function verdictFor(draft: string, text: string): Exclude<Verdict, "reject"> {
  return draft === text ? "approve" : "edit";
}

export function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

/** The longest text that is kept, bytes of UTF-8. */
export const LONGEST = 1 << 20;
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Where the editor starts: text typed earlier belongs to the draft that is to be judged, decided text to the one that was. */
export function startText(view: ItemView): { draft: Draft | null; text: string } {
  const judged = view.decision?.draft ?? view.draft;
  const draft = view.drafts.find((d) => d.id === judged) ?? view.drafts.at(-1) ?? null;
  return { draft, text: view.typed ?? view.decision?.text ?? draft?.text ?? "" };
}

/** States in which a person may still decide. */
export function isOpen(state: ItemState): boolean {
  return state === "drafted" || state === "in_review" || state === "escalated";
}

/** How an item was come by under this query; `picked` when the person opened it from the list. */
export function foundBy(query: QueueQuery, picked: boolean): Found {
  const { slice, text, source, confidence, holder, level } = query;
  const set = [slice, source, confidence, holder, level].some((x) => x !== null && x !== undefined);
  return { order: query.order, filtered: set || text !== "", picked };
}

// --- time in view

/** After this long without input the person is taken to have looked away. */
export const IDLE_MS = 30_000;

/** Time an item was in view. Counts from one sign of life to the next, but never more than the idle limit at once. */
export class ViewClock {
  #total: number;
  #last: number | null = null;

  /** `before`: how long it had been in view when it was decided and taken back, ms. */
  constructor(before = 0) {
    this.#total = before;
  }

  /** The item came into view, or the person moved, typed or scrolled. */
  touch(now: number): void {
    if (this.#last !== null) this.#total += Math.min(Math.max(0, now - this.#last), IDLE_MS);
    this.#last = now;
  }

  /** Out of view: nothing counts until the next touch. */
  leave(now: number): void {
    if (this.#last === null) return;
    this.touch(now);
    this.#last = null;
  }

  read(now: number): number {
    return this.#total + (this.#last === null ? 0 : Math.min(Math.max(0, now - this.#last), IDLE_MS));
  }
}

// --- two drafts

/** The draft in hand and the newest other one that reads differently; null when there is none. */
export function pairOf(view: ItemView, inHand: number | null): [number, number] | null {
  const one = view.drafts.find((d) => d.id === inHand) ?? view.drafts.at(-1);
  const other = one && [...view.drafts].reverse().find((d) => d.text !== one.text);
  return one && other ? [one.id, other.id] : null;
}

// --- reasons

/** The chosen reasons after the key of one was pressed (again). Order is that of the use case. */
export function toggleReason(chosen: string[], code: string, all: { code: string }[]): string[] {
  const next = chosen.includes(code) ? chosen.filter((c) => c !== code) : [...chosen, code];
  return all.map((r) => r.code).filter((c) => next.includes(c));
}
