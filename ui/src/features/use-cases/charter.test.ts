import { expect, test } from "vitest";
import type { Charter, RiskLimits } from "../../api";
import {
  begunAnewBy,
  differences,
  isDate,
  loosest,
  problemsOfCharter,
  tightened,
  versionsWithChanges,
} from "./charter";

const RISKS: RiskLimits[] = [
  {
    cost: "low",
    reversible: true,
    limits: { walk: { epsilon: 0.05, delta: 0.05 }, run: { epsilon: 0.01, delta: 0.05 } },
  },
  {
    cost: "high",
    reversible: false,
    limits: { walk: { epsilon: 0.005, delta: 0.01 }, run: { epsilon: 0.001, delta: 0.01 } },
  },
];
const first = (): Charter => ({
  why: "",
  risk: { cost: "low", what: "", who: "", reversible: true },
  role: { part: "auxiliary", initiative: "reactive", behaviour: "static" },
  audience: "internal",
  bad: { distance: 0.1, grades: null },
  limits: { walk: { epsilon: 0.05, delta: 0.05 }, run: { epsilon: 0.01, delta: 0.05 } },
  targets: { shareAutomated: null, volumePerDay: null, responseSeconds: null, hoursSavedPerMonth: null },
  minimum: { quality: null, ttftMs: null, tpotMs: null, costPerRequest: null, sliceGap: null },
  milestones: [],
});
function check(change: (c: Charter) => void, expected: object, note = "") {
  const c = first();
  change(c);
  expect(problemsOfCharter(c, RISKS, note)).toEqual(expected);
}

test("the first charter can be kept", () => check(() => undefined, {}));
test("a higher risk asks for tighter limits, each beside its field", () =>
  check((c) => Object.assign(c.risk, { cost: "high", reversible: false }), {
    "walk-epsilon": { kind: "risk", most: 0.005 },
    "walk-delta": { kind: "risk", most: 0.01 },
    "run-epsilon": { kind: "risk", most: 0.001 },
    "run-delta": { kind: "risk", most: 0.01 },
  }));
test("run is never looser than walk", () =>
  check((c) => (c.limits.walk.epsilon = 0.005), { "run-epsilon": { kind: "walk", most: 0.005 } }));
test("nought and what is no number are no limits", () =>
  check((c) => Object.assign(c.limits.walk, { epsilon: 0, delta: NaN }), {
    "walk-epsilon": { kind: "aboveZero" },
    "walk-delta": { kind: "number" },
  }));
test("weights lie between nought and one, and a major edit weighs no less than a minor one", () => {
  check((c) => (c.bad.grades = { minor: 0.6, major: 0.5 }), { major: { kind: "range", lo: 0.6, hi: 1, share: false } });
  check((c) => (c.bad.distance = 1.5), { distance: { kind: "range", lo: 0, hi: 1, share: true } });
});
test("targets may be left out, but not be nonsense", () =>
  check((c) => Object.assign(c.targets, { shareAutomated: 40, volumePerDay: -1 }), {
    shareAutomated: { kind: "range", lo: 0, hi: 1, share: true },
    volumePerDay: { kind: "range", lo: 0, hi: 1e9, share: false },
  }));
test("a milestone has a date of the calendar and says what it reaches", () =>
  check((c) => c.milestones.push({ date: "2027-02-29", what: " ", level: null }), {
    "milestone-0-date": { kind: "date" },
    "milestone-0-what": { kind: "required" },
  }));
test("texts are counted in bytes, as the shell counts them", () => {
  check((c) => (c.why = "가".repeat(3334)), { why: { kind: "long" } });
  check((c) => (c.why = "가".repeat(3333)), {});
  check(() => undefined, { note: { kind: "long" } }, "x".repeat(10_001));
});
test.each([
  ["2027-03-31", true],
  ["2028-02-29", true],
  ["2027-02-29", false],
  ["2027-13-01", false],
  ["31.3.2027", false],
  ["", false],
])("the date %s: %s", (text, expected) => expect(isDate(text)).toBe(expected));

test("what the risk allows makes loose limits tight and leaves tight ones", () => {
  const most = loosest(RISKS, { cost: "high", reversible: false });
  if (!most) throw new Error("there is such a risk");
  const mine = { walk: { epsilon: 0.05, delta: 0.001 }, run: { epsilon: 0.01, delta: NaN } };
  const tight = tightened(mine, most);
  expect(tight).toEqual({ walk: { epsilon: 0.005, delta: 0.001 }, run: { epsilon: 0.001, delta: 0.01 } });
  const c = { ...first(), risk: { ...first().risk, cost: "high" as const, reversible: false }, limits: tight };
  expect(problemsOfCharter(c, RISKS, "")).toEqual({});
});
test("what was tightened keeps run at or under walk", () => {
  const most = RISKS[0]?.limits;
  if (!most) throw new Error("there is such a risk");
  const tight = tightened({ walk: { epsilon: 0.004, delta: 0.05 }, run: { epsilon: 0.02, delta: 0.05 } }, most);
  expect(tight.run.epsilon).toBe(0.004);
});

test("only ε, δ and what is bad begin the evidence anew", () => {
  const changed = first();
  changed.why = "Faster answers";
  changed.audience = "external";
  changed.milestones.push({ date: "2027-03-31", what: "walk", level: "walk" });
  const words = differences(first(), changed);
  expect(words.map((d) => d.name)).toEqual(["why", "audience", "milestones"]);
  expect(begunAnewBy(words)).toEqual([]);
  changed.bad.grades = { minor: 0.1, major: 0.5 };
  changed.limits.run.delta = 0.02;
  expect(begunAnewBy(differences(first(), changed))).toEqual(["grading", "minor", "major", "run-delta"]);
});
test("the same charter is not different from itself, also where a number was emptied", () => {
  const c = first();
  c.limits.walk.epsilon = NaN;
  expect(differences(c, structuredClone(c))).toEqual([]);
});
test("each version says what it changed; the first changed nothing", () => {
  const second = first();
  second.limits.walk.epsilon = 0.02;
  const version = (n: number, charter: Charter) => ({ n, charter, by: "Mina", note: "", at: n });
  const all = versionsWithChanges([version(2, second), version(1, first())]);
  expect(all.map((v) => v.changed)).toEqual([[{ name: "walk-epsilon", as: "share", from: 0.05, to: 0.02 }], []]);
});
