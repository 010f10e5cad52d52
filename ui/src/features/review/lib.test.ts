import { describe, expect, test } from "vitest";
import { makeItem } from "../../../dev/sample";
import {
  changedCharacters,
  IDLE_MS,
  isBlank,
  startText,
  toggleReason,
  verdictFor,
  ViewClock,
  wordDiff,
  words,
} from "./lib";

describe("what approving means", () => {
  test("the text as drafted is an approval, any other text an edit", () => {
    expect([verdictFor("a", "a"), verdictFor("a", "a "), verdictFor("a", "")]).toEqual(["approve", "edit", "edit"]);
  });
  test("blank text is noticed", () => expect([isBlank(" \n"), isBlank("가")]).toEqual([true, false]));
});

describe("where the editor starts", () => {
  test("with what was typed, else what was decided, else the draft", () => {
    const view = makeItem(1, 1);
    const draft = view.drafts[0]?.text;
    expect(startText(view).text).toBe(draft);
    expect(startText({ ...view, typed: "typed" }).text).toBe("typed");
    expect(startText({ ...view, typed: "" }).text).toBe("");
    expect(startText({ ...view, drafts: [] })).toEqual({ draft: null, text: "" });
  });
});

describe("word diff", () => {
  const kinds = (a: string, b: string, locale = "ko") => wordDiff(a, b, locale).map((p) => `${p.kind[0]}:${p.text}`);
  test.each<[string, string, string, string[]]>([
    ["nothing", "Hello there.", "Hello there.", ["s:Hello there."]],
    ["one word", "The quick fox", "The slow fox", ["s:The ", "r:quick", "a:slow", "s: fox"]],
    ["an addition", "안녕하세요", "안녕하세요 고객님", ["s:안녕하세요", "a: 고객님"]],
    [
      "a Korean word",
      "내일 보내 드리겠습니다.",
      "오늘 보내 드리겠습니다.",
      ["r:내일", "a:오늘", "s: 보내 드리겠습니다."],
    ],
    ["everything", "", "새 글", ["a:새 글"]],
  ])("%s changed", (_, before, after, expected) => expect(kinds(before, after)).toEqual(expected));
  test("joined back it gives both texts", () => {
    const [a, b] = ["환불은 5일 안에 됩니다. Order 12", "환불은 영업일 기준 5일 안에 처리됩니다. Order 13!"];
    const parts = wordDiff(a, b);
    expect(
      parts
        .filter((p) => p.kind !== "added")
        .map((p) => p.text)
        .join(""),
    ).toBe(a);
    expect(
      parts
        .filter((p) => p.kind !== "removed")
        .map((p) => p.text)
        .join(""),
    ).toBe(b);
  });
  test("Japanese and Chinese are cut into words although they have no spaces", () => {
    expect(words("これは本です", "ja").length).toBeGreaterThan(2);
  });
  test("the distance counts characters as people do, a replacement by its longer side", () => {
    expect(changedCharacters(wordDiff("quick fox", "slow fox"))).toBe(5);
    expect(changedCharacters(wordDiff("감사합니다", "감사합니다"))).toBe(0);
    expect(changedCharacters(wordDiff("", "👨‍👩‍👧 가"))).toBe(3);
  });
});

describe("time in view", () => {
  test("counts between signs of life, idle time cut off", () => {
    const clock = new ViewClock();
    clock.touch(0);
    clock.touch(5_000);
    expect(clock.read(8_000)).toBe(8_000);
    clock.touch(500_000);
    expect(clock.read(500_000)).toBe(5_000 + IDLE_MS);
  });
  test("stands still while out of view", () => {
    const clock = new ViewClock();
    clock.touch(0);
    clock.leave(4_000);
    expect(clock.read(60_000)).toBe(4_000);
    clock.touch(60_000);
    expect(clock.read(61_000)).toBe(5_000);
  });
  test("a clock set back takes nothing away", () => {
    const clock = new ViewClock();
    clock.touch(10_000);
    clock.touch(2_000);
    expect(clock.read(3_000)).toBe(1_000);
  });
});

test("a reason is chosen and unchosen, in the order of the use case", () => {
  const all = [{ code: "a" }, { code: "b" }, { code: "c" }];
  expect(toggleReason(["c"], "a", all)).toEqual(["a", "c"]);
  expect(toggleReason(["a", "c"], "a", all)).toEqual(["c"]);
});
