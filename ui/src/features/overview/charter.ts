// The charter's aims beside what is measured, and its milestones. Pure: today's date comes in.
import type { Charter, Level, LevelMove, Overview } from "../../api";
import { LEVELS } from "./lib";

export type Measure = keyof Overview["measured"];
/** Whether more or less is better. */
export type Side = "atLeast" | "atMost";
export type Aim = {
  measure: Measure;
  side: Side;
  aim: number;
  now: number | null;
  state: "met" | "missed" | "unknown";
};

const TARGETS: [Measure & keyof Charter["targets"], Side][] = [
  ["shareAutomated", "atLeast"],
  ["volumePerDay", "atLeast"],
  ["responseSeconds", "atMost"],
  ["hoursSavedPerMonth", "atLeast"],
];
const MINIMUM: [Measure & keyof Charter["minimum"], Side][] = [
  ["quality", "atLeast"],
  ["ttftMs", "atMost"],
  ["tpotMs", "atMost"],
  ["costPerRequest", "atMost"],
  ["sliceGap", "atMost"],
];

function aim(measure: Measure, side: Side, wanted: number | null, now: number | null): Aim[] {
  if (wanted === null) return [];
  const good = now !== null && (side === "atLeast" ? now >= wanted : now <= wanted);
  return [{ measure, side, aim: wanted, now, state: now === null ? "unknown" : good ? "met" : "missed" }];
}

export function aims(charter: Charter, measured: Overview["measured"]): { targets: Aim[]; minimum: Aim[] } {
  return {
    targets: TARGETS.flatMap(([m, side]) => aim(m, side, charter.targets[m], measured[m])),
    minimum: MINIMUM.flatMap(([m, side]) => aim(m, side, charter.minimum[m], measured[m])),
  };
}

export type MilestoneNow = {
  date: string;
  what: string;
  level: Level | null;
  state: "reached" | "late" | "ahead" | "passed";
  /** When the level was last reached, where it was. */
  at: number | null;
};

/** A milestone with a level is reached while the use case stands there or higher; one without has only its date. */
export function milestones(charter: Charter, level: Level, moves: readonly LevelMove[], today: string): MilestoneNow[] {
  const rank = (l: Level) => LEVELS.indexOf(l);
  return [...charter.milestones]
    .sort((a, b) => a.date.localeCompare(b.date))
    .map((m): MilestoneNow => {
      const gone = m.date < today;
      const wanted = m.level;
      if (wanted === null) return { ...m, state: gone ? "passed" : "ahead", at: null };
      if (rank(level) < rank(wanted)) return { ...m, state: gone ? "late" : "ahead", at: null };
      // Newest first: the move since which the level has not been under the wanted one.
      const since = moves.find((v) => rank(v.from) < rank(wanted) && rank(v.to) >= rank(wanted));
      return { ...m, state: "reached", at: since?.at ?? null };
    });
}

export function anyAim(charter: Charter): boolean {
  const set = (group: Record<string, number | null>) => Object.values(group).some((x) => x !== null);
  return set(charter.targets) || set(charter.minimum) || charter.milestones.length > 0;
}
