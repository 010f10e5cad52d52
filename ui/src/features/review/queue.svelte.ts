// The queue as a sparse list: pages of rows are fetched as they come into view.
// Invariant: a reload keeps the rows on screen until the new ones are there, so nothing flashes.
import type { Api, QueueDay, QueuePage, QueueQuery, QueueRow } from "../../api";

const PAGE = 100;
/** So many rows can be looked at; whoever seeks more narrows the list. */
export const MOST_LISTED = 20_000;
/** A search looks at so many finds, newest first; as in `flow::storage::queue`. */
export const MOST_FINDS = 10_000;

export class Queue {
  total = $state(0);
  /** False where a search has more finds than it looked at. */
  whole = $state(true);
  /** In the tab, whatever it is narrowed to. */
  of = $state(0);
  slices = $state.raw<string[]>([]);
  sources = $state.raw<string[]>([]);
  holders = $state.raw<string[]>([]);
  day = $state.raw<QueueDay>({
    decided: 0,
    approved: 0,
    edited: 0,
    rejected: 0,
    viewedMs: 0,
    perHour: null,
    everyone: 0,
  });
  phase = $state<"loading" | "ready" | "error">("loading");
  error = $state.raw<unknown>(null);
  #pages = $state.raw<ReadonlyMap<number, QueueRow[]>>(new Map());
  #asked = new Set<number>();
  #generation = 0;
  #api: Api;
  #query: () => QueueQuery;

  get listed(): number {
    return Math.min(this.total, MOST_LISTED);
  }

  constructor(api: Api, query: () => QueueQuery) {
    this.#api = api;
    this.#query = query;
  }

  at = (index: number): QueueRow | undefined => {
    const page = Math.floor(index / PAGE);
    const rows = this.#pages.get(page);
    if (!rows && !this.#asked.has(page)) queueMicrotask(() => void this.#load(page));
    return rows?.[index % PAGE];
  };

  /** Where an item stands among the rows that are loaded; -1 when it is not there. */
  indexOf(item: number | null): number {
    if (item === null) return -1;
    for (const [page, rows] of this.#pages) {
      const i = rows.findIndex((r) => r.id === item);
      if (i >= 0) return page * PAGE + i;
    }
    return -1;
  }

  async #load(page: number): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const generation = this.#generation;
    try {
      const answer = await this.#api.queuePage({ ...this.#query(), offset: page * PAGE, limit: PAGE });
      if (generation === this.#generation) this.#take(page, answer);
    } catch (e) {
      this.error = e;
      this.phase = "error";
    }
  }

  #take(page: number, answer: QueuePage): void {
    this.total = answer.total;
    this.whole = answer.whole;
    this.of = answer.of;
    this.slices = answer.slices;
    this.sources = answer.sources;
    this.holders = answer.holders;
    this.day = answer.day;
    this.#pages = new Map(this.#pages).set(page, answer.rows);
    this.phase = "ready";
  }

  /** Everything may have changed: pages in sight are fetched again, the others forgotten. */
  async reload(inSight: number[] = [0]): Promise<void> {
    const generation = ++this.#generation;
    const pages = [...new Set(inSight.map((i) => Math.max(0, Math.floor(i / PAGE))))];
    try {
      const answers = await Promise.all(
        pages.map((p) => this.#api.queuePage({ ...this.#query(), offset: p * PAGE, limit: PAGE })),
      );
      if (generation !== this.#generation) return;
      this.#pages = new Map();
      this.#asked = new Set(pages);
      answers.forEach((a, i) => this.#take(pages[i] ?? 0, a));
    } catch (e) {
      if (generation !== this.#generation) return;
      this.error = e;
      this.phase = "error";
    }
  }
}
