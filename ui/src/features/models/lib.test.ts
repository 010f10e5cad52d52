import { describe, expect, test } from "vitest";
import { imported, measured, starter } from "../../../dev/sample";
import { en } from "../../i18n/en";
import { ko } from "../../i18n/ko";
import {
  dropProblem,
  factRows,
  hostOf,
  isHubName,
  isSha256,
  licenceWords,
  measuredWords,
  memoryReason,
  memoryWarning,
  memoryWords,
  portraitWords,
  summary,
} from "./lib";

test("a model is one line", () => expect(summary(starter.facts, "en")).toBe("llama · 8.2 M · Q8_0 · 9.3 MB"));
test("what a file does not say is said in words", () => {
  const rows = new Map(factRows(imported.facts, en.models, "en"));
  expect([rows.get("Chat template"), rows.get("Licence")]).toEqual([
    "none; the prompt is given as plain text",
    "not stated",
  ]);
});

describe("a model in words", () => {
  test("says what kind it is and how much it can read, in both languages", () => {
    expect(portraitWords(imported.portrait, imported.facts, en.models, "en")).toBe(
      "A small model of the Qwen 2 family with 494 M weights, for short and simple texts; shortened to 6.4 bits a weight, with a little loss. Request and answer together may fill about 50 pages.",
    );
    expect(portraitWords(imported.portrait, imported.facts, ko.models, "ko")).toContain("Qwen 2 계열");
  });
  test("has a sentence for every class, ended and without gaps", () => {
    for (const t of [en.models, ko.models]) {
      for (const size of Object.values(t.sizes)) expect(size).not.toBe("");
      for (const precision of Object.values(t.precisions)) expect(precision("4.5")).not.toContain("undefined");
      for (const licence of Object.values(t.licences)) expect(licence("mit")).toMatch(/[.요]$/);
    }
  });
  test("an unknown licence is said, not left out", () => {
    expect(licenceWords(imported.portrait, imported.facts, en.models)).toContain("unknown");
    expect(licenceWords(starter.portrait, starter.facts, en.models)).toContain("Apache-2.0");
  });
});

describe("memory", () => {
  const m = imported.memory;
  test("is a figure, its reason, and a warning only where it does not fit", () => {
    expect(memoryWords(m, en.models, "en")).toContain("576 MB");
    expect(memoryReason(m, en.models, "en")).toContain("8 texts of up to 800 tokens");
    expect(memoryWarning(m, en.models, "en")).toBeNull();
    expect(memoryWarning({ ...m, free: 500_000_000 }, en.models, "en")).toContain("500 MB");
    expect(memoryWarning({ ...m, free: null }, en.models, "en")).toBeNull();
  });
  test("a guess is called one", () => {
    expect(memoryReason({ ...m, shapeKnown: false }, en.models, "en")).toContain(en.models.shapeGuessed);
    expect(memoryReason({ ...m, lengthsKnown: true }, en.models, "en")).toContain(en.models.lengthsKnown);
  });
});

test("a measurement is drafts a minute first", () => {
  const words = measuredWords(measured, en.models, "en");
  expect(words).toContain("About 34 drafts a minute");
  expect(words).toContain("120 MB");
  expect(measuredWords({ ...measured, peakBytes: null, draftsPerMinute: 0.84 }, en.models, "en")).toContain(
    "About 0.8 drafts",
  );
});

test("what is dropped is one model, or a sentence says why not", () => {
  expect(dropProblem({ what: "model", data: "/a.gguf" }, en.models)).toBeNull();
  for (const d of [{ what: "several", data: 3 }, { what: "folder" }, { what: "other", data: "a.csv" }] as const)
    expect(dropProblem(d, en.models)).toMatch(/\.$/);
  expect(dropProblem({ what: "other", data: "a.csv" }, en.models)).toContain("a.csv");
});

test.each([
  ["mina/small/small.gguf", true],
  ["mina/small/q4/small.GGUF", true],
  ["https://hub.example/mina/small/blob/main/small.gguf?download=true", true],
  ["small.gguf", false],
  ["mina/small", false],
  ["mina/small/small.bin", false],
  ["", false],
])("%s as a name on a hub: %s", (text, is) => expect(isHubName(text)).toBe(is));

test("a SHA-256 is 64 digits or left out", () => {
  expect([isSha256(""), isSha256("A1".repeat(32)), isSha256("a1")]).toEqual([true, true, false]);
});
test("the host is named before it is asked", () => {
  expect(hostOf({ on: true, address: "https://hub.example/mirror" })).toBe("hub.example");
});
