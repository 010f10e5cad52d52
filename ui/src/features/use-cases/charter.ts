// The charter of a use case: what must hold before it can be kept, what is different between two, and when a change begins the
// evidence anew. Pure; the bounds are those of the shell, which checks again.
import type { Charter, CharterVersion, Limits, Risk, RiskLimits } from "../../api";
import type { CharterField } from "./shell-words";

const MOST_BYTES = 10_000;
export const MOST_MILESTONES = 50;
export const LEVELS = ["walk", "run"] as const;

export type CharterProblem =
  | { kind: "number" | "required" | "date" | "long" | "aboveZero" }
  | { kind: "range"; lo: number; hi: number; share: boolean }
  | { kind: "risk" | "walk"; most: number }
  | { kind: "many"; most: number }
  /** Said by the shell. */
  | { kind: "said"; words: string };
export type CharterProblems = Partial<Record<CharterField, CharterProblem>>;

/** The loosest ε and δ that a risk allows. */
export function loosest(risks: RiskLimits[], risk: Pick<Risk, "cost" | "reversible">): Limits | null {
  return risks.find((r) => r.cost === risk.cost && r.reversible === risk.reversible)?.limits ?? null;
}

/** The limits, none looser than what is allowed at most. */
export function tightened(limits: Limits, most: Limits): Limits {
  const least = (a: number, b: number) => (a > 0 && a <= b ? a : b);
  const walk = {
    epsilon: least(limits.walk.epsilon, most.walk.epsilon),
    delta: least(limits.walk.delta, most.walk.delta),
  };
  const epsilon = least(limits.run.epsilon, Math.min(most.run.epsilon, walk.epsilon));
  return { walk, run: { epsilon, delta: least(limits.run.delta, most.run.delta) } };
}

const isLong = (text: string) => new TextEncoder().encode(text).length > MOST_BYTES;

/** A day of the calendar, written 2027-03-31. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text;
}

/** What keeps the charter from being saved, by field. Empty: nothing. */
export function problemsOfCharter(c: Charter, risks: RiskLimits[], note: string): CharterProblems {
  const problems: CharterProblems = {};
  const within = (field: CharterField, x: number | null, lo: number, hi: number, share: boolean) => {
    if (x === null) return;
    if (!Number.isFinite(x)) problems[field] = { kind: "number" };
    else if (x < lo || x > hi) problems[field] = { kind: "range", lo, hi, share };
  };
  const texts: [CharterField, string][] = [
    ["why", c.why],
    ["what", c.risk.what],
    ["who", c.risk.who],
    ["note", note],
  ];
  for (const [field, text] of texts) if (isLong(text)) problems[field] = { kind: "long" };
  within("distance", c.bad.distance, 0, 1, true);
  if (c.bad.grades) {
    within("minor", c.bad.grades.minor, 0, 1, false);
    within("major", c.bad.grades.major, Number.isFinite(c.bad.grades.minor) ? c.bad.grades.minor : 0, 1, false);
  }
  const most = loosest(risks, c.risk);
  for (const level of LEVELS)
    for (const name of ["epsilon", "delta"] as const) {
      const x = c.limits[level][name];
      const field = `${level}-${name}` as const;
      if (!Number.isFinite(x)) problems[field] = { kind: "number" };
      else if (x <= 0) problems[field] = { kind: "aboveZero" };
      else if (most && x > most[level][name]) problems[field] = { kind: "risk", most: most[level][name] };
    }
  if (!problems["run-epsilon"] && !problems["walk-epsilon"] && c.limits.run.epsilon > c.limits.walk.epsilon)
    problems["run-epsilon"] = { kind: "walk", most: c.limits.walk.epsilon };
  within("shareAutomated", c.targets.shareAutomated, 0, 1, true);
  within("volumePerDay", c.targets.volumePerDay, 0, 1e9, false);
  within("responseSeconds", c.targets.responseSeconds, 0, 1e9, false);
  within("hoursSavedPerMonth", c.targets.hoursSavedPerMonth, 0, 1e9, false);
  within("quality", c.minimum.quality, 0, 1, true);
  within("ttftMs", c.minimum.ttftMs, 0, 1e9, false);
  within("tpotMs", c.minimum.tpotMs, 0, 1e9, false);
  within("costPerRequest", c.minimum.costPerRequest, 0, 1e9, false);
  within("sliceGap", c.minimum.sliceGap, 0, 1, true);
  if (c.milestones.length > MOST_MILESTONES) problems.milestones = { kind: "many", most: MOST_MILESTONES };
  c.milestones.forEach((m, i) => {
    if (!isDate(m.date)) problems[`milestone-${i}-date`] = { kind: "date" };
    if (!m.what.trim()) problems[`milestone-${i}-what`] = { kind: "required" };
    else if (isLong(m.what)) problems[`milestone-${i}-what`] = { kind: "long" };
  });
  return problems;
}

/** A part of a charter that can be different, and how it is measured. */
export type Part =
  | { name: "why" | "what" | "who" | "milestones"; as: "text" }
  | { name: "cost" | "reversible" | "part" | "initiative" | "behaviour" | "audience" | "grading"; as: "choice" }
  | {
      name: Exclude<CharterField, "why" | "what" | "who" | "note" | "milestones" | `milestone-${string}`>;
      as: "share" | "number";
    };
export type PartName = Part["name"];
type Value = string | number | boolean | null;

const PARTS: [PartName, "text" | "choice" | "share" | "number", (c: Charter) => Value][] = [
  ["why", "text", (c) => c.why],
  ["cost", "choice", (c) => c.risk.cost],
  ["what", "text", (c) => c.risk.what],
  ["who", "text", (c) => c.risk.who],
  ["reversible", "choice", (c) => c.risk.reversible],
  ["part", "choice", (c) => c.role.part],
  ["initiative", "choice", (c) => c.role.initiative],
  ["behaviour", "choice", (c) => c.role.behaviour],
  ["audience", "choice", (c) => c.audience],
  ["distance", "share", (c) => c.bad.distance],
  ["grading", "choice", (c) => c.bad.grades !== null],
  ["minor", "number", (c) => c.bad.grades?.minor ?? null],
  ["major", "number", (c) => c.bad.grades?.major ?? null],
  ["walk-epsilon", "share", (c) => c.limits.walk.epsilon],
  ["walk-delta", "share", (c) => c.limits.walk.delta],
  ["run-epsilon", "share", (c) => c.limits.run.epsilon],
  ["run-delta", "share", (c) => c.limits.run.delta],
  ["shareAutomated", "share", (c) => c.targets.shareAutomated],
  ["volumePerDay", "number", (c) => c.targets.volumePerDay],
  ["responseSeconds", "number", (c) => c.targets.responseSeconds],
  ["hoursSavedPerMonth", "number", (c) => c.targets.hoursSavedPerMonth],
  ["quality", "share", (c) => c.minimum.quality],
  ["ttftMs", "number", (c) => c.minimum.ttftMs],
  ["tpotMs", "number", (c) => c.minimum.tpotMs],
  ["costPerRequest", "number", (c) => c.minimum.costPerRequest],
  ["sliceGap", "share", (c) => c.minimum.sliceGap],
  ["milestones", "text", (c) => JSON.stringify(c.milestones.map((m) => [m.date, m.what, m.level]))],
];

export type Difference = { name: PartName; as: "text" | "choice" | "share" | "number"; from: Value; to: Value };

/** What is different from one charter to another, in the order of the form. */
export function differences(from: Charter, to: Charter): Difference[] {
  return PARTS.flatMap(([name, as, read]) => {
    const [a, b] = [read(from), read(to)];
    return Object.is(a, b) ? [] : [{ name, as, from: a, to: b }];
  });
}

/** ε, δ and what is bad are fixed before the first decision of an epoch: these begin a new one. */
const TERMS: PartName[] = [
  "distance",
  "grading",
  "minor",
  "major",
  "walk-epsilon",
  "walk-delta",
  "run-epsilon",
  "run-delta",
];

/** The differences that begin the evidence anew; empty where it goes on. */
export function begunAnewBy(all: Difference[]): PartName[] {
  return all.map((d) => d.name).filter((name) => TERMS.includes(name));
}

/** Each version with what it changed; the first changed nothing. Newest first, as they come. */
export function versionsWithChanges(versions: CharterVersion[]): { version: CharterVersion; changed: Difference[] }[] {
  return versions.map((version, i) => {
    const before = versions[i + 1];
    return { version, changed: before ? differences(before.charter, version.charter) : [] };
  });
}
