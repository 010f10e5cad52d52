import { expect, test } from "vitest";
import { Pace, type Word } from "./pace";

const MINUTE = 60_000;
/** So many decisions, one a minute unless said otherwise, each on 400 characters (10 s to read). */
function decide(pace: Pace, n: number, viewedMs: number, from = 0, every = MINUTE): (Word | null)[] {
  return Array.from({ length: n }, (_, i) => pace.decided(from + i * every, viewedMs, 400));
}

test("who reads is told nothing", () => {
  expect(decide(new Pace(), 50, 10_000).every((w) => w === null)).toBe(true);
});

test("decisions faster than reading are spoken of once, and not by a few of them", () => {
  const pace = new Pace();
  expect(
    decide(pace, 6, 1000).every((w) => w === null),
    "six may be easy ones",
  ).toBe(true);
  const words = decide(pace, 40, 1000, 6 * MINUTE);
  expect(words.filter((w) => w === "fast")).toHaveLength(1);
  expect(words.indexOf("fast")).toBe(3);
});

test("an hour without a break is spoken of once", () => {
  const words = decide(new Pace(), 130, 12_000);
  expect(words.filter((w) => w !== null)).toEqual(["long"]);
  expect(words.indexOf("long")).toBe(60);
});

test("after a break the hour begins anew, and a clock that is set back says nothing", () => {
  const pace = new Pace();
  decide(pace, 50, 12_000);
  expect(decide(pace, 50, 12_000, 56 * MINUTE).every((w) => w === null)).toBe(true);
  expect(decide(pace, 5, 12_000, 0).every((w) => w === null)).toBe(true);
});
