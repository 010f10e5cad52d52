import { describe, expect, test } from "vitest";
import type { Charter, LevelMove, RiskPoint, StepEvidence } from "../../api";
import { aims, anyAim, milestones } from "./charter";
import { curveTop, daysLeft, fill, leftOutTotal, sliceFill, stepOf } from "./evidence";
import { byVersion } from "./lib";
import { errorTop, Newest, pointAt, pointOf, stepped } from "./whatif";

const figures = { counted: 10, bad: 0, bound: 0.2, moreClean: 84, logE: 1 };
const step = (to: StepEvidence["to"]): StepEvidence => ({
  to,
  audience: "internal",
  attempt: 1,
  epsilon: 0.05,
  all: figures,
  slices: [],
  leftOut: [
    { why: "rushed", decisions: 3, bad: 0 },
    { why: "waits", decisions: 4, bad: 1 },
  ],
  allows: false,
  needed: 3,
  curve: [],
  crossedAt: null,
  ratePerDay: 30,
  gold: null,
  ladder: [],
});

describe("the evidence meter", () => {
  test("shows the next step, and at the top the last one", () => {
    const steps = [step("walk"), step("run")];
    expect([stepOf(steps, "crawl")?.to, stepOf(steps, "walk")?.to, stepOf(steps, "run")?.to]).toEqual([
      "walk",
      "run",
      "run",
    ]);
    expect(stepOf([], "crawl")).toBeNull();
  });
  test.each([
    [84, 30, 3],
    [84, 200, 0],
    [84, null, null],
    [84, 0, null],
    [null, 30, null],
  ])("%s more at %s a day are %s days", (more, rate, days) => expect(daysLeft(more, rate)).toBe(days));
  test("is empty at a bound of 1, half way in logs, and full at the limit", () => {
    expect(fill(1, 0.01)).toBe(0);
    expect(fill(0.1, 0.01)).toBeCloseTo(0.5);
    expect([fill(0.01, 0.01), fill(0.001, 0.01)]).toEqual([1, 1]);
  });
  test("a slice's bar never leaves its frame", () => {
    expect([sliceFill(-2, 3), sliceFill(1.5, 3), sliceFill(9, 3), sliceFill(undefined, 3)]).toEqual([0, 0.5, 1, 0]);
  });
  test("the limit can be told from the axis, however low the bound", () => {
    expect(curveTop([{ n: 900, bad: 0, bound: 0.004, logE: 9 }], 0.05)).toBeCloseTo(0.15);
    expect(curveTop([], 0.05)).toBe(1);
  });
  test("counts all that was left out", () => expect(leftOutTotal(step("walk"))).toBe(7));
});

const charter: Charter = {
  why: "",
  risk: { cost: "low", what: "", who: "", reversible: true },
  role: { part: "core", initiative: "reactive", behaviour: "static" },
  audience: "internal",
  bad: { distance: 0.2, grades: null },
  limits: { walk: { epsilon: 0.05, delta: 0.05 }, run: { epsilon: 0.01, delta: 0.05 } },
  targets: { shareAutomated: 0.5, volumePerDay: null, responseSeconds: 3600, hoursSavedPerMonth: 5 },
  minimum: { quality: null, ttftMs: 500, tpotMs: null, costPerRequest: null, sliceGap: null },
  milestones: [
    { date: "2026-12-01", what: "later", level: null },
    { date: "2026-11-01", what: "inside", level: "walk" },
    { date: "2026-11-10", what: "outside", level: "run" },
    { date: "2026-10-01", what: "talk", level: null },
  ],
};
const measured = {
  shareAutomated: 0.5,
  volumePerDay: 9,
  responseSeconds: 4000,
  hoursSavedPerMonth: null,
  quality: 0.9,
  ttftMs: 96,
  tpotMs: 10,
  costPerRequest: null,
  sliceGap: null,
};
const move = (from: LevelMove["from"], to: LevelMove["to"], at: number) => ({ from, to, at }) as LevelMove;

describe("the charter beside what is measured", () => {
  test("only what was aimed at is listed, and more is not always better", () => {
    const { targets, minimum } = aims(charter, measured);
    expect(targets.map((a) => [a.measure, a.state])).toEqual([
      ["shareAutomated", "met"],
      ["responseSeconds", "missed"],
      ["hoursSavedPerMonth", "unknown"],
    ]);
    expect(minimum.map((a) => [a.measure, a.side, a.state])).toEqual([["ttftMs", "atMost", "met"]]);
  });
  test("a milestone is reached while the level stands, since the move that passed it", () => {
    const moves = [move("crawl", "walk", 300), move("walk", "crawl", 200), move("crawl", "walk", 100)];
    expect(milestones(charter, "walk", moves, "2026-11-26").map((m) => [m.what, m.state, m.at])).toEqual([
      ["talk", "passed", null],
      ["inside", "reached", 300],
      ["outside", "late", null],
      ["later", "ahead", null],
    ]);
  });
  test("a charter without aims shows nothing", () => {
    const none = { shareAutomated: null, volumePerDay: null, responseSeconds: null, hoursSavedPerMonth: null };
    const bare = {
      ...charter,
      targets: none,
      minimum: { quality: null, ttftMs: null, tpotMs: null, costPerRequest: null, sliceGap: null },
      milestones: [],
    };
    expect([anyAim(bare), anyAim(charter)]).toEqual([false, true]);
  });
});

describe("what if", () => {
  const curve: RiskPoint[] = [0.99, 0.9, 0.7, 0.4].map((threshold, i) => ({
    threshold,
    coverage: (i + 1) / 4,
    error: 0.01 * i,
    high: 0.02 * (i + 1),
  }));
  test("a position is the nearest point, a threshold the last one that reaches it", () => {
    expect([pointAt(curve, 0), pointAt(curve, 0.6), pointAt([], 0.5)]).toEqual([0, 1, -1]);
    expect([pointOf(curve, 0.95), pointOf(curve, 0.9), pointOf(curve, 1), pointOf(curve, 0)]).toEqual([0, 1, -1, 3]);
  });
  test("keys move along the curve and not beyond", () => {
    expect([stepped(curve, 1, 1), stepped(curve, 0, -10), stepped(curve, 1, Infinity), stepped(curve, 3, 1)]).toEqual([
      2, 0, 3, 3,
    ]);
  });
  test("the error axis follows what is drawn, within a whole", () => {
    expect(errorTop(curve)).toBeCloseTo(0.092);
    expect(errorTop([])).toBe(0.02);
  });
  test("an answer that comes late is not taken", () => {
    const newest = new Newest();
    const first = newest.ask();
    const second = newest.ask();
    expect([newest.stands(first), newest.stands(second)]).toEqual([false, true]);
  });
});

test("versions share their days, with gaps where one decided nothing", () => {
  const of = byVersion([
    { n: 2, model: "m", promptN: 1, days: [{ day: "2026-11-02", decided: 4, accepted: 3 }] },
    { n: 1, model: "m", promptN: 1, days: [{ day: "2026-11-01", decided: 2, accepted: 1 }] },
  ]);
  expect(of.days).toEqual(["2026-11-01", "2026-11-02"]);
  expect(of.versions.map((v) => v.shares)).toEqual([
    [null, 0.75],
    [0.5, null],
  ]);
});
