// The risk–coverage curve and the policy that is tried on it. Pure.
import type { Replay, RiskPoint } from "../../api";

/** What the position on the curve (a coverage) means as a threshold: the strictest point that covers as much. */
export function pointAt(curve: readonly RiskPoint[], coverage: number): number {
  if (curve.length === 0) return -1;
  let best = 0;
  curve.forEach((p, i) => {
    if (Math.abs(p.coverage - coverage) < Math.abs((curve[best]?.coverage ?? 0) - coverage)) best = i;
  });
  return best;
}

/** Where a threshold stands on the curve: the last point whose threshold still reaches it; -1 where none does. */
export function pointOf(curve: readonly RiskPoint[], threshold: number): number {
  let at = -1;
  curve.forEach((p, i) => {
    if (p.threshold >= threshold) at = i;
  });
  return at;
}

/** Some steps further along the curve, kept within it. */
export function stepped(curve: readonly RiskPoint[], at: number, steps: number): number {
  const last = curve.length - 1;
  if (steps === Infinity) return last;
  if (steps === -Infinity) return 0;
  return Math.min(last, Math.max(0, at + steps));
}

/** Where the error axis ends: a little over the worst that is drawn, so that small errors can be told apart. */
export function errorTop(curve: readonly RiskPoint[]): number {
  // The first few points rest on hardly any decisions; their upper ends would flatten all others.
  const steady = curve.slice(Math.min(5, Math.floor(curve.length / 4)));
  return Math.min(1, Math.max(0.02, 1.15 * Math.max(0, ...steady.map((p) => p.high))));
}

/** The replayed items for the list: those that were changed, bad ones first, as the shell sorted them. */
export function changedItems(replay: Replay): Replay["items"] {
  return replay.items.filter((i) => i.verdict !== "approve");
}

/** Only the answer to the newest question is taken; earlier ones may come later. */
export class Newest {
  #asked = 0;
  /** A ticket for a new question. */
  ask(): number {
    return ++this.#asked;
  }
  stands(ticket: number): boolean {
    return ticket === this.#asked;
  }
}
