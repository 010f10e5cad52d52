import { describe, expect, test } from "vitest";
import { en } from "./en";
import { i18n, resolveLocale } from "./index.svelte";
import { ko } from "./ko";

/** Every leaf, as "path: kind". */
function shape(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([k, v]) => shape(v, `${path}.${k}`));
}
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

describe("the dictionaries", () => {
  test("have the same keys and kinds", () => expect(shape(ko)).toEqual(shape(en)));
  test("leave nothing empty", () => {
    expect([...strings(en), ...strings(ko)].filter((s) => s.trim() === "")).toEqual([]);
  });
  test("are each in their own language", () => {
    const ownName = new Set(["한국어"]);
    expect(strings(en).filter((s) => /[가-힣]/.test(s) && !ownName.has(s))).toEqual([]);
  });
  test("keep one level of politeness in Korean", () => {
    expect(strings(ko).filter((s) => /(니다|한다|된다|이다)[.…]?$/.test(s))).toEqual([]);
  });
});

test("a count has its singular in English", () => {
  expect([en.review.rows(1), en.review.rows(1200)]).toEqual(["1 request", "1,200 requests"]);
});

test.each<[Parameters<typeof resolveLocale>[0], string, string]>([
  ["system", "ko-KR", "ko"],
  ["system", "C", "en"],
  ["system", "de-DE", "en"],
  ["ko", "en-US", "ko"],
])("language %s on a system in %s is %s", (choice, system, expected) =>
  expect(resolveLocale(choice, system)).toBe(expected),
);

test("a change of language reaches the document", () => {
  i18n.locale = "ko";
  expect([document.documentElement.lang, i18n.t.review.approve]).toEqual(["ko", "승인"]);
  i18n.locale = "en";
});
