import { expect, test } from "vitest";
import { formatOf, suggestPath, withField, withRole } from "./lib";

const mapping = { id: null, audience: null, slice: null, priority: null, fields: ["b"] };
test("fields keep the order of the columns", () => {
  expect(withField(mapping, "a", true, ["a", "b", "c"]).fields).toEqual(["a", "b"]);
  expect(withField(mapping, "b", false, ["a", "b"]).fields).toEqual([]);
});
test("a role is given and taken back", () => {
  expect(withRole(mapping, "id", "a").id).toBe("a");
  expect(withRole({ ...mapping, id: "a" }, "id", null).id).toBeNull();
});
test.each([
  ["/x/A.CSV", "csv"],
  ["a.jsonl", "jsonl"],
  ["a.tsv", "csv"],
  ["a", null],
])("%s is %s", (path, format) => expect(formatOf(path)).toBe(format));
test("an export is named after its use case", () => {
  expect(suggestPath("/data/", "Support: Antworten!", "sft")).toBe("/data/exports/support-antworten-sft.jsonl");
  expect(suggestPath("C:\\gait", "고객 답변", "decisions")).toBe("C:\\gait\\exports\\고객-답변-decisions.jsonl");
});
