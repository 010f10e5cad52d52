import { expect, test } from "vitest";
import { imported, starter } from "../../../dev/sample";
import { en } from "../../i18n/en";
import { factRows, summary } from "./lib";

test("a model is one line", () => expect(summary(starter.facts, "en")).toBe("llama · 8.2 M · Q8_0 · 9.3 MB"));
test("what a file does not say is said in words", () => {
  const rows = new Map(factRows(imported.facts, en.models, "en"));
  expect([rows.get("Chat template"), rows.get("Licence")]).toEqual([
    "none; the prompt is given as plain text",
    "not stated",
  ]);
});
