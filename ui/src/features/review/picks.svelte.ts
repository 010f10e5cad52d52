// The requests that were chosen for a decision at once. They are kept by their ids, so that they outlive a list that is
// fetched again, a scrolled page, and a change of page; they are of one use case.
import type { QueueRow } from "../../api";

/** What the shell takes at once. */
export const MOST_PICKS = 1000;

export class Picks {
  #chosen = $state.raw<ReadonlySet<number>>(new Set());
  /** Where a stretch begins: the one that was chosen last. */
  anchor = $state<number | null>(null);
  #useCase: number | null = null;

  get size(): number {
    return this.#chosen.size;
  }
  /** In the order in which they were chosen. */
  get items(): number[] {
    return [...this.#chosen];
  }
  has(item: number): boolean {
    return this.#chosen.has(item);
  }

  /** Those of another use case are forgotten. */
  of(useCase: number): void {
    if (this.#useCase === useCase) return;
    this.#useCase = useCase;
    this.clear();
  }

  toggle(item: number): void {
    const next = new Set(this.#chosen);
    if (!next.delete(item)) {
      if (next.size >= MOST_PICKS) return;
      next.add(item);
    }
    this.anchor = item;
    this.#chosen = next;
  }

  /** Adds these; false when they were too many, and the first ones were taken. */
  add(items: number[]): boolean {
    const next = new Set(this.#chosen);
    for (const item of items) {
      if (next.size >= MOST_PICKS && !next.has(item)) {
        this.#chosen = next;
        return false;
      }
      next.add(item);
    }
    this.#chosen = next;
    this.anchor = items.at(-1) ?? this.anchor;
    return true;
  }

  drop(items: number[]): void {
    const next = new Set(this.#chosen);
    for (const item of items) next.delete(item);
    this.#chosen = next;
    if (this.anchor !== null && !next.has(this.anchor)) this.anchor = null;
  }

  clear(): void {
    this.#chosen = new Set();
    this.anchor = null;
  }
}

export const picks = new Picks();

/** The list as far as a stretch of it needs to be known. */
export type Stretch = {
  total: number;
  indexOf: (item: number | null) => number;
  at: (index: number) => QueueRow | undefined;
  /** Rows from here on that are not in memory. */
  fetch: (offset: number, limit: number) => Promise<QueueRow[]>;
};

/** Chooses all rows from the one that was chosen last up to this one, also those that were never in view. */
export async function pickTo(chosen: Picks, item: number, list: Stretch): Promise<boolean> {
  const to = list.indexOf(item);
  const from = list.indexOf(chosen.anchor);
  if (to < 0 || from < 0) {
    if (!chosen.has(item)) chosen.toggle(item);
    return true;
  }
  const step = from <= to ? 1 : -1;
  const indices = Array.from({ length: Math.min(MOST_PICKS, Math.abs(to - from) + 1) }, (_, i) => from + i * step);
  const known = new Map<number, number>();
  for (const i of indices) {
    const row = list.at(i);
    if (row) known.set(i, row.id);
  }
  const missing = indices.filter((i) => !known.has(i));
  const low = Math.min(...missing);
  const high = Math.max(...missing);
  for (let at = low; missing.length > 0 && at <= high; at += 500) {
    const rows = await list.fetch(at, Math.min(500, high - at + 1));
    rows.forEach((row, i) => known.set(at + i, row.id));
  }
  return chosen.add(indices.flatMap((i) => known.get(i) ?? [])) && Math.abs(to - from) < MOST_PICKS;
}
