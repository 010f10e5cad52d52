// The fields of the simulator and what a forecast says. Pure.
import type { Forecast, SimulatedPolicy, SimulatedWorld } from "../../../api";

/** How a figure is set: as a share in per cent, or as a number. */
export type Figure = { key: string; unit: "share" | "number"; min: number; max: number; step: number };
export const POLICY: (Figure & { key: keyof SimulatedPolicy })[] = [
  { key: "epsilon", unit: "share", min: 0.5, max: 20, step: 0.5 },
  { key: "delta", unit: "share", min: 1, max: 20, step: 1 },
  { key: "auditShare", unit: "share", min: 1, max: 50, step: 1 },
];
export const WORLD: (Figure & { key: keyof SimulatedWorld })[] = [
  { key: "bad", unit: "share", min: 0, max: 20, step: 0.1 },
  { key: "noticed", unit: "share", min: 10, max: 100, step: 5 },
  { key: "late", unit: "number", min: 0, max: 500, step: 10 },
  { key: "badLater", unit: "share", min: 0.5, max: 50, step: 0.5 },
  { key: "perDay", unit: "number", min: 1, max: 2000, step: 1 },
];
export const START: { policy: SimulatedPolicy; world: SimulatedWorld } = {
  policy: { epsilon: 0.05, delta: 0.05, auditShare: 0.1 },
  world: { bad: 0.01, noticed: 1, late: 20, badLater: 0.2, perDay: 100 },
};

/** What stands in the field for a stored value, and back; per cent without the dust of floats. */
export function toField(figure: Figure, value: number): number {
  return figure.unit === "share" ? Math.round(value * 1e6) / 1e4 : value;
}
export function fromField(figure: Figure, shown: number): number {
  return figure.unit === "share" ? Math.round(shown * 1e4) / 1e6 : shown;
}
export function isWithin(figure: Figure, value: number): boolean {
  const shown = toField(figure, value);
  return Number.isFinite(shown) && shown >= figure.min && shown <= figure.max;
}

/** The drafts after the raise in three parts that make a whole: seen before, audited after, neither. */
export function after(f: Forecast): { held: number; audited: number; alone: number } {
  const held = Math.min(1, Math.max(0, f.held));
  const audited = Math.min(1 - held, Math.max(0, f.audited));
  return { held, audited, alone: 1 - held - audited };
}

/** Whether a raise in this world would be a wrong one, whatever reviewers notice. */
export function isTooBad(policy: SimulatedPolicy, world: SimulatedWorld): boolean {
  return world.bad > policy.epsilon;
}
