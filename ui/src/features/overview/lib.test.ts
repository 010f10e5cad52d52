import { expect, test } from "vitest";
import { above, below, binLabel, binRows, dayLabel, share } from "./lib";

test("levels have neighbours, and ends", () => {
  expect([above("crawl"), above("run"), below("walk"), below("crawl")]).toEqual(["walk", null, "crawl", null]);
});
test("a share of nothing is a gap, not a zero", () => expect([share(0, 0), share(1, 4)]).toEqual([null, 0.25]));
test("bins without a decision are left out of the table", () => {
  const bins = [
    { from: 0, to: 0.1, decided: 0, accepted: 0 },
    { from: 0.9, to: 1, decided: 4, accepted: 3 },
  ];
  expect(binRows(bins, "en")).toEqual([["90–100", "4", "3", "75 %"]]);
  expect(binLabel(0.1, 0.2)).toBe("10–20");
});
test.each([
  ["2026-11-23", "23/11", "11.23."],
  ["odd", "odd", "odd"],
])("the day %s is short on an axis", (day, en, ko) => {
  expect([dayLabel(day, "en"), dayLabel(day, "ko")]).toEqual([en, ko]);
});
