import { describe, expect, test } from "vitest";
import {
  alike,
  changedCharacters,
  diffTexts,
  editDistance,
  folded,
  formOf,
  withBlanks,
  wordDiff,
  type DiffPart,
} from "./diff";
import { random } from "../../../dev/sample";
import { forField, fromField } from "./lines";

const kinds = (a: string, b: string, locale = "ko") => wordDiff(a, b, locale).map((p) => `${p.kind[0]}:${p.text}`);
const without = (parts: DiffPart[], kind: "added" | "removed") =>
  parts
    .filter((p) => p.kind !== kind)
    .map((p) => p.text)
    .join("");
function whole(before: string, after: string): DiffPart[] {
  // Time enough for a busy machine: what the budget cuts off is a test of its own.
  const parts = diffTexts(before, after, "ko", 60_000).parts ?? [];
  expect(without(parts, "added") === before, "without what was added it is the text before").toBe(true);
  expect(without(parts, "removed") === after, "without what was removed it is the text after").toBe(true);
  return parts;
}

describe("scripts without spaces", () => {
  test.each<[string, string, string, string, string[]]>([
    ["a Korean ending", "보내 드리겠습니다", "보내 드렸습니다", "ko", ["s:보내 드", "r:리겠", "a:렸", "s:습니다"]],
    ["a Korean particle", "고객님이 주문을", "고객님께서 주문을", "ko", ["s:고객님", "r:이", "a:께서", "s: 주문을"]],
    ["another Korean word", "내일 갑니다", "오늘 갑니다", "ko", ["r:내일", "a:오늘", "s: 갑니다"]],
    ["a Japanese ending", "確認しました。", "確認します。", "ja", ["s:確認しま", "r:した", "a:す", "s:。"]],
    ["a Chinese word", "我们明天发货", "我们今天发货", "zh", ["s:我们", "r:明", "a:今", "s:天发货"]],
    ["a Latin word, whole", "The quick fox", "The quack fox", "en", ["s:The ", "r:quick", "a:quack", "s: fox"]],
  ])("%s", (_, before, after, locale, expected) => {
    const got = kinds(before, after, locale);
    // Whether an ending is one change or two is the segmenter's affair; what must hold is what stays.
    expect(without(wordDiff(before, after, locale), "added")).toBe(before);
    expect(got.filter((x) => x.startsWith("s:")).join("")).toBe(expected.filter((x) => x.startsWith("s:")).join(""));
  });
  test("a joined character is never cut", () => {
    const parts = whole("가족 👨‍👩‍👧 안녕", "가족 👨‍👩‍👦 안녕");
    expect(parts.filter((p) => p.kind !== "same").map((p) => p.text)).toEqual(["👨‍👩‍👧", "👨‍👩‍👦"]);
  });
});

describe("large and hostile", () => {
  const prose = (seed: number, length: number) => {
    const r = random(seed);
    let text = "";
    while (text.length < length) text += `${Math.floor(r() * 1e9).toString(36)}${r() < 0.1 ? ".\n" : " "}`;
    return text.slice(0, length);
  };
  test("a word changed in a mebibyte is found", () => {
    const before = prose(1, 1 << 20);
    const at = before.indexOf(" ", 600_000) + 1;
    const after = `${before.slice(0, at)}CHANGED ${before.slice(at)}`;
    const parts = whole(before, after);
    expect(parts.filter((p) => p.kind !== "same")).toEqual([{ kind: "added", text: "CHANGED " }]);
    const shown = folded(parts, new Set());
    expect(
      shown.reduce((n, p) => n + p.text.length, 0),
      "and the rest is folded",
    ).toBeLessThan(3000);
    expect(shown.filter((p) => p.kind === "folded").length).toBe(2);
    const opened = folded(parts, new Set([0]));
    expect(opened[0]?.text.length).toBeGreaterThan(500_000);
  });
  test("changes far apart in a mebibyte are told by words", () => {
    const lines = prose(2, 1 << 20).split("\n");
    const changed = lines.map((l, i) => (i % 500 === 250 ? l.replace(/\S+/, "CHANGED") : l));
    const parts = whole(lines.join("\n"), changed.join("\n"));
    expect(parts.filter((p) => p.kind === "added").every((p) => p.text === "CHANGED")).toBe(true);
  });
  test("F10: two mebibytes with nothing in common end in the plain view", () => {
    expect(diffTexts(prose(3, 1 << 20), prose(4, 1 << 20), "en").parts === null).toBe(true);
    expect(diffTexts("a".repeat(1 << 20), "b".repeat(1 << 20), "en").parts === null).toBe(true);
    expect(editDistance("a".repeat(1 << 20), "b".repeat(1 << 20))).toBeNull();
  });
  test("F8: a mebibyte without a break, changed in the middle", () => {
    const before = "x".repeat(1 << 20);
    const parts = whole(before, `${before.slice(0, 500_000)}y${before.slice(500_000)}`);
    expect(changedCharacters(parts)).toBeGreaterThan(0);
  });
  test("no time is no difference, not a wrong one", () => {
    const [a, b] = ["one two ".repeat(1000), "one three ".repeat(1000)];
    const parts = diffTexts(a, b, "en", 0).parts ?? [];
    expect([without(parts, "added") === a, without(parts, "removed") === b]).toEqual([true, true]);
  });
});

describe("F11: what looks the same and is not", () => {
  test.each<[string, string, string, "form" | "blanks" | null]>([
    ["NFC and NFD", "caf\u00e9", "cafe\u0301", "form"],
    ["Hangul in parts", "한글", "한글".normalize("NFD"), "form"],
    ["a no-break space", "a b", "a\u00a0b", "blanks"],
    ["a space at the end", "a\n", "a \n", "blanks"],
    ["line ends", "a\r\nb", "a\nb", "blanks"],
    ["another word", "a", "b", null],
  ])("%s", (_, before, after, why) => expect(alike(before, after)).toBe(why));
  test("the forms are named, and blanks have signs", () => {
    expect([formOf("caf\u00e9"), formOf("cafe\u0301")]).toEqual(["NFC", "NFD"]);
    expect(withBlanks("a \u00a0\t\r\n")).toBe("a␣⍽⇥␍↵\n");
  });
  test("they are changes of the diff", () => {
    for (const [a, b] of [
      ["caf\u00e9 x", "cafe\u0301 x"],
      ["a b", "a\u00a0b"],
      ["a\r\nb", "a\nb"],
      ["a", "a "],
    ] as const)
      expect(
        whole(a, b).some((p) => p.kind !== "same"),
        JSON.stringify([a, b]),
      ).toBe(true);
  });
  test("hidden characters are changes too (F5)", () => {
    expect(kinds("law", "law\u200b", "en")).toContain("a:\u200b");
  });
});

describe("the edit distance", () => {
  test.each<[string, string, number]>([
    ["", "", 0],
    ["abc", "abc", 0],
    ["kitten", "sitting", 3 / 7],
    ["", "abc", 1],
    ["안녕하세요", "안녕하십니까", 3 / 6],
    ["👍a", "👍b", 1 / 2],
  ])("%j → %j, as flow stores it", (a, b, expected) => expect(editDistance(a, b)).toBeCloseTo(expected, 12));
});

describe("line ends through a field", () => {
  test.each<[string, string, string, string]>([
    ["nothing typed", "a\r\nb\rc\n", "a\nb\nc\n", "a\r\nb\rc\n"],
    ["a word", "a\r\nb\r\nc", "a\nbb\nc", "a\r\nbb\r\nc"],
    ["a new line among CRLF", "a\r\nb\r\n", "a\nx\nb\n", "a\r\nx\r\nb\r\n"],
    ["a new line among LF with one CR", "a\nb\nc\rd", "a\nb\nx\nc\nd", "a\nb\nx\nc\rd"],
    ["all gone", "a\r\nb", "", ""],
    ["a line removed", "a\r\nb\r\nc", "a\nc", "a\r\nc"],
  ])("%s", (_, before, typed, expected) => {
    expect(fromField(before, typed)).toBe(expected);
    expect(forField(expected), "the field shows what was typed").toBe(typed);
  });
  test("a text without carriage returns is what was typed", () => expect(fromField("a\nb", "c\nd")).toBe("c\nd"));
});
