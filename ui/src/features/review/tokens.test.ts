import { describe, expect, test } from "vitest";
import { fakeTokens } from "../../../dev/sample";
import type { DraftToken } from "../../api";
import { band, bandCounts, choices, PAGE, pageOf, pieceOf, pieces, step, weakest, weighed } from "./tokens";

const token = (text: string, probability: number, more: Partial<DraftToken> = {}): DraftToken => ({
  text,
  probability,
  entropy: 0.5,
  weighed: [],
  ...more,
});

test.each([
  [1, "sure"],
  [0.9, "sure"],
  [0.8999, "likely"],
  [0.6, "likely"],
  [0.59, "unsure"],
  [0.3, "unsure"],
  [0.29, "guess"],
  [0, "guess"],
  [Number.NaN, "guess"],
])("a probability of %s is %s", (p, expected) => expect(band(p)).toBe(expected));

describe("pieces", () => {
  test("a character that came in parts is one piece, with the probability of all its parts", () => {
    const tokens = [token("Hi", 0.95), token("", 0.9), token("", 0.5), token("안", 0.8), token("!", 1)];
    expect(pieces(tokens)).toEqual([
      { text: "Hi", from: 0, to: 1, probability: 0.95, band: "sure" },
      { text: "안", from: 1, to: 4, probability: 0.9 * 0.5 * 0.8, band: "unsure" },
      { text: "!", from: 4, to: 5, probability: 1, band: "sure" },
    ]);
    expect([0, 1, 2, 3, 4].map((i) => pieceOf(pieces(tokens), i))).toEqual([0, 1, 1, 1, 2]);
    expect(weakest(tokens, pieces(tokens)[1]!)).toBe(2);
    expect(bandCounts(pieces(tokens))).toEqual({ sure: 2, likely: 0, unsure: 1, guess: 0 });
  });
  test("a draft that was cut inside a character ends with a piece without text", () => {
    expect(pieces([token("a", 1), token("", 0.5)]).map((p) => p.text)).toEqual(["a", ""]);
    expect(pieces([])).toEqual([]);
  });
  test.each([
    "We are tracing FW-20417.\n\nRegards",
    "택이 붙어 있는 상품은 30일 안에 교환하실 수 있습니다.",
    "a\u202eb 👩‍👩‍👧",
  ])("%j: joined they are the text", (text) => {
    const tokens = fakeTokens(7, text);
    const all = pieces(tokens);
    expect(all.map((p) => p.text).join("")).toBe(text);
    expect(all.map((p) => p.from)).toEqual([0, ...all.map((p) => p.to)].slice(0, -1));
    expect(all.at(-1)?.to).toBe(tokens.length);
    for (const [i, piece] of all.entries())
      for (let t = piece.from; t < piece.to; t += 1) expect(pieceOf(all, t)).toBe(i);
  });
});

test("arrows go by token, up and down by doubt, Home and End to the ends; other keys are not ours", () => {
  const tokens = [token("a", 1), token("b", 0.4), token("c", 0.95), token("", 0.9), token("안", 0.1), token("e", 0.99)];
  const all = pieces(tokens);
  const go = (at: number, key: string) => step(tokens, all, at, key);
  expect([go(0, "ArrowRight"), go(5, "ArrowRight"), go(1, "ArrowLeft"), go(0, "ArrowLeft")]).toEqual([1, 5, 0, 0]);
  expect([go(0, "ArrowDown"), go(1, "ArrowDown"), go(4, "ArrowDown")]).toEqual([1, 4, 4]);
  expect([go(5, "ArrowUp"), go(4, "ArrowUp"), go(1, "ArrowUp")]).toEqual([4, 1, 1]);
  expect([go(3, "Home"), go(0, "End")]).toEqual([0, 5]);
  expect([go(0, "a"), go(0, "Enter"), go(0, "Tab")]).toEqual([null, null, null]);
});

test("a page holds a thousand pieces", () => {
  expect([pageOf(0), pageOf(PAGE - 1), pageOf(PAGE), pageOf(31_999)]).toEqual([0, 0, 1, 31]);
});

test("entropy is told as a number of equal choices", () => {
  expect(choices(0)).toBe(1);
  expect(choices(Math.log(4))).toBeCloseTo(4);
});

test("what was written stands among what was weighed, however improbable", () => {
  const other = { id: 2, text: "b", probability: 0.7, written: false };
  expect(weighed(token("a", 0.01, { weighed: [other] }))).toEqual([
    other,
    { id: null, text: "a", probability: 0.01, written: true },
  ]);
  const mine = { id: 1, text: "a", probability: 0.9, written: true };
  expect(weighed(token("a", 0.9, { weighed: [mine, other] }))).toEqual([mine, other]);
});
