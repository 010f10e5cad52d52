// What this person did last, and for how long each of it can still be taken back.
// Invariant: what is shown is what the shell said last; it is asked again after every change of the queue.
import type { Api, ActRow, Acts } from "../../api";

export class Steps {
  acts = $state.raw<Acts>({ rows: [], undone: 0 });
  /** The clock of the countdown; it stands still while nothing runs out. */
  now = $state(Date.now());
  #api: Api;
  #timer: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  constructor(api: Api) {
    this.#api = api;
  }

  get last(): ActRow | null {
    return this.acts.rows[0] ?? null;
  }

  async load(useCase: number): Promise<void> {
    const acts = await this.#api.acts(useCase, 12).catch(() => null);
    if (!acts || this.#closed) return;
    this.acts = acts;
    this.now = Date.now();
    clearInterval(this.#timer);
    if (this.#running()) this.#timer = setInterval(() => this.#tick(), 500);
  }
  #running(): boolean {
    return this.acts.rows.some((row) => row.may === "yes" && row.until !== null && row.until > this.now);
  }
  #tick(): void {
    this.now = Date.now();
    if (!this.#running()) clearInterval(this.#timer);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }
}

/** Whole seconds until it can no longer be taken back; null when that has no end, 0 when it is over. */
export function secondsLeft(row: ActRow, now: number): number | null {
  if (row.may !== "yes") return 0;
  return row.until === null ? null : Math.max(0, Math.ceil((row.until - now) / 1000));
}
