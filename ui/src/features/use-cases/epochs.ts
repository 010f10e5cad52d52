// Epochs and the versions of hold rules, as they are told. Pure.
import type { ActivityRow, Epoch, HistoryKind } from "../../api";

/** The k-th attempt may use δ/(k(k+1)): shares that add up to no more than δ, however often one tries. */
export function partsOfDelta(attempt: number): number {
  return attempt * (attempt + 1);
}

/** What makes a version of the hold rules: a change of them, and the use case that comes with its first. */
const MADE: HistoryKind[] = ["hold_rules_changed", "use_case_created"];

export type RulesVersion = { n: number; at: number; who: string | null; names: string | null };

/** The versions of the hold rules, newest first. Each began an epoch; who made it is found in the activity of that moment. */
export function rulesVersions(epochs: Epoch[], activity: ActivityRow[]): RulesVersion[] {
  const first = new Map<number, Epoch>();
  for (const e of epochs) {
    const known = first.get(e.holdRules);
    if (!known || e.startedAt < known.startedAt || (e.startedAt === known.startedAt && e.n < known.n))
      first.set(e.holdRules, e);
  }
  return [...first.values()]
    .map((e) => {
      const made = activity.find((a) => MADE.includes(a.kind) && a.at === e.startedAt);
      const names = made?.kind === "hold_rules_changed" ? made.detail : null;
      return { n: e.holdRules, at: e.startedAt, who: made?.actor ?? null, names };
    })
    .sort((a, b) => b.n - a.n);
}
