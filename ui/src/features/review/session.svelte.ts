// What was done since the person sat down: for the page at the end of the queue. It ends with the window.
// Invariant: what is taken back is not counted, and what is done again is.
import type { ActKind, Verdict } from "../../api";
import type { Outcome } from "./desk.svelte";

class Session {
  /** When the first thing was done. */
  since = $state<number | null>(null);
  approve = $state(0);
  edit = $state(0);
  reject = $state(0);
  skip = $state(0);
  escalate = $state(0);

  get decided(): number {
    return this.approve + this.edit + this.reject;
  }

  note(outcome: Outcome, now: number, items = 1): void {
    this.since ??= now;
    this[outcome] = Math.max(0, this[outcome] + items);
  }

  /** An act was taken back (`items` under zero) or done again. */
  turn(act: { kind: ActKind; verdict: Verdict | null }, items: number, now: number): void {
    if (act.verdict) this.note(act.verdict, now, items);
    else if (act.kind === "skip" || act.kind === "escalate") this.note(act.kind, now, items);
  }
}

export const session = new Session();
