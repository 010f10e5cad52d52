// The evidence of a step as words and lines. Pure.
import type { Level, StepEvidence } from "../../api";
import { LEVELS } from "./lib";

/** The step that matters now: the next one up, or, at the top, the one that was taken last. */
export function stepOf(steps: readonly StepEvidence[], level: Level): StepEvidence | null {
  const next = LEVELS[LEVELS.indexOf(level) + 1] ?? level;
  return steps.find((s) => s.to === next) ?? null;
}

/** Whole days until `moreClean` decisions are there; null where nothing counts lately. */
export function daysLeft(moreClean: number | null, ratePerDay: number | null): number | null {
  if (moreClean === null || ratePerDay === null || !(ratePerDay > 0)) return null;
  const days = moreClean / ratePerDay;
  return days < 1 ? 0 : Math.ceil(days);
}

/** How far the bound has come from 1 down to the limit, 0–1; in logs, since the last part is the longest. */
export function fill(bound: number, epsilon: number): number {
  if (!(bound > 0) || bound >= 1) return 0;
  return Math.min(1, Math.log(bound) / Math.log(epsilon));
}

/** A bar for a slice: how much of the needed log E is there, 0–1. */
export function sliceFill(logE: number | undefined, needed: number): number {
  return logE === undefined || needed <= 0 ? 0 : Math.min(1, Math.max(0, logE / needed));
}

/** Where the y axis of the curve ends: the limit stands at a third of it at the latest, so that the crossing can be seen. */
export function curveTop(curve: StepEvidence["curve"], epsilon: number): number {
  const last = curve.at(-1)?.bound ?? 1;
  return Math.min(1, Math.max(3 * epsilon, 1.6 * last));
}

/** Decisions left out, most first; none where nothing was. */
export function leftOutTotal(step: StepEvidence): number {
  return step.leftOut.reduce((n, x) => n + x.decisions, 0);
}
