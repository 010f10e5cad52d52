import { describe, expect, test } from "vitest";
import { inline, markdown, reveal } from "./text";

describe("text from outside", () => {
  test.each<[string, string, string[]]>([
    ["plain text", "안녕하세요 <b>you</b>", []],
    ["a zero-width space", "a\u200bb", ["U+200B"]],
    ["a turned direction", "\u202eabc\u202c", ["U+202E", "U+202C"]],
    ["a tag character", "x\u{e0041}", ["⟦A⟧"]],
    ["tabs, line ends and joined emoji", "a\tb\r\nc 👨\u200d👩", []],
  ])("%s", (_, text, marks) => {
    const parts = reveal(text);
    expect(parts.filter((p) => p.hidden).map((p) => p.text)).toEqual(marks);
    if (marks.length === 0) expect(parts.map((p) => p.text).join("")).toBe(text.replaceAll("\r\n", "\n"));
  });
});

describe("guidelines", () => {
  test("headings, lists, quotes and code become blocks", () => {
    const blocks = markdown(
      "# A\n\ntext on\ntwo lines\n\n- one\n- two\n  more\n\n1. first\n\n> said\n\n```\ncode\n```",
    );
    expect(blocks.map((b) => b.kind)).toEqual(["heading", "paragraph", "list", "list", "quote", "code"]);
    expect(blocks[2]).toMatchObject({ ordered: false, items: [[{ text: "one" }], [{ text: "two more" }]] });
  });
  test("bold, italic and code stand out; HTML stays text; links show their address", () => {
    expect(inline("a **b** *c* `d` <img src=x onerror=alert(1)> [e](javascript:x)")).toEqual([
      { kind: "text", text: "a " },
      { kind: "bold", text: "b" },
      { kind: "text", text: " " },
      { kind: "italic", text: "c" },
      { kind: "text", text: " " },
      { kind: "code", text: "d" },
      { kind: "text", text: " <img src=x onerror=alert(1)> e (javascript:x)" },
    ]);
  });
  test("a table has a head and rows, and the words after it go on", () => {
    expect(markdown("| topic | rule |\n|---|---|\n| Returns | **30** days |\n\nafter")).toEqual([
      {
        kind: "table",
        head: [[{ kind: "text", text: "topic" }], [{ kind: "text", text: "rule" }]],
        rows: [
          [
            [{ kind: "text", text: "Returns" }],
            [
              { kind: "bold", text: "30" },
              { kind: "text", text: " days" },
            ],
          ],
        ],
      },
      { kind: "paragraph", inline: [{ kind: "text", text: "after" }] },
    ]);
  });
  test.each([
    "|",
    "|\n|-",
    "| a |\n|---|",
    "",
    "#",
    "- ",
    "```",
    "> ",
    "****",
    "\n\n\n",
    "1.",
    "#no space",
    "  indented",
  ])("%j ends", (source) => {
    expect(Array.isArray(markdown(source))).toBe(true);
  });
});
