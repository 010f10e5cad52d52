import { expect, test } from "vitest";
import {
  age,
  bytes,
  count,
  DASH,
  energy,
  left,
  millis,
  parameters,
  percent,
  rate,
  small,
  span,
  sureness,
} from "./format";

test.each<[string, string]>([
  [percent(0.9234, "en"), "92 %"],
  [percent(0.9234, "ko", 1), "92.3%"],
  [percent(null, "en"), DASH],
  [sureness(0.87, "en"), "87 %"],
  [sureness(0.29, "en"), "29 %"],
  [sureness(0.9678, "ko"), "96.7%"],
  [sureness(0.99949, "en"), "99.94 %"],
  [sureness(0.9995, "en"), "99.95 %"],
  [sureness(0.999999, "en"), "99.99 %"],
  [sureness(1, "en"), "100 %"],
  [small(0.00123, "en"), "0.0012"],
  [energy(0.0000981, "en"), "98 µWh"],
  [energy(0.0123, "en"), "12 mWh"],
  [energy(1.25, "ko"), "1.3 Wh"],
  [energy(null, "ko"), DASH],
  [percent(NaN, "en"), DASH],
  [count(12345, "en"), "12,345"],
  [bytes(812, "en"), "812 B"],
  [bytes(9_312_448, "en"), "9.3 MB"],
  [bytes(397_808_192, "en"), "398 MB"],
  [parameters(8_214_528, "en"), "8.2 M"],
  [parameters(494_032_768, "en"), "494 M"],
  [parameters(8_214_528, "ko"), "821만"],
  [parameters(494_032_768, "ko"), "4.9억"],
  [millis(9.44, "en"), "9.4 ms"],
  [millis(1432, "en"), "1.4 s"],
  [left(184, "en"), "3 min"],
  [left(40, "ko"), "40초"],
  [left(4800, "en"), "1 h 20 min"],
  [left(null, "en"), DASH],
])("%s reads %s", (is, expected) => expect(is).toBe(expected));

test.each<[number, string, string]>([
  [10, "now", "방금"],
  [240, "4 min", "4분"],
  [3 * 3600, "3 h", "3시간"],
  [50 * 3600, "2 d", "2일"],
  [-5, "now", "방금"],
])("%d seconds ago", (seconds, en, ko) => {
  const now = 1_700_000_000_000;
  expect([age(now - seconds * 1000, now, "en"), age(now - seconds * 1000, now, "ko")]).toEqual([en, ko]);
});

test.each([
  [0.05, "5 %", "5%"],
  [0.0312, "3.1 %", "3.1%"],
  [0.0004, "0.04 %", "0.04%"],
  [0.46, "46 %", "46%"],
  [null, "–", "–"],
])("the rate %s has the digits that say something", (x, en, ko) => {
  expect([rate(x, "en"), rate(x, "ko")]).toEqual([en, ko]);
});
test("a long span is in days", () => {
  expect([span(3 * 86_400, "en"), span(3 * 86_400, "ko"), span(5400, "en")]).toEqual(["3 d", "3일", "1 h 30 min"]);
});
