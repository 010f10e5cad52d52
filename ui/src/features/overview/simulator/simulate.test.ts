import { expect, test } from "vitest";
import { after, fromField, isTooBad, isWithin, POLICY, START, toField, WORLD } from "./simulate";

const forecast = {
  raised: 1,
  decisions: [1, 2, 3] as [number, number, number],
  days: 1,
  held: 0.3,
  audited: 0.1,
  badOut: 1,
  draftsToAlarm: null,
  badOutUntilAlarm: 0,
};

test("every figure starts within its range", () => {
  for (const f of POLICY) expect(isWithin(f, START.policy[f.key]), f.key).toBe(true);
  for (const f of WORLD) expect(isWithin(f, START.world[f.key]), f.key).toBe(true);
});
test("a share keeps its value through the field", () => {
  const share = POLICY[0]!;
  for (const x of [0.005, 0.01, 0.07, 0.123]) expect(fromField(share, toField(share, x))).toBe(x);
  expect([isWithin(share, Number.NaN), isWithin(share, 0.9)]).toEqual([false, false]);
});
test("drafts after the raise make a whole, whatever comes back", () => {
  for (const f of [forecast, { ...forecast, held: 0.95, audited: 0.2 }, { ...forecast, held: -0.01 }]) {
    const { held, audited, alone } = after(f);
    expect(held + audited + alone).toBeCloseTo(1);
    expect(Math.min(held, audited, alone)).toBeGreaterThanOrEqual(-1e-9);
  }
});
test("a world over the limit is said to be one", () => {
  expect([isTooBad(START.policy, START.world), isTooBad(START.policy, { ...START.world, bad: 0.06 })]).toEqual([
    false,
    true,
  ]);
});
