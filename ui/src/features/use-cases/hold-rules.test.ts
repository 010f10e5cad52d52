import { expect, test } from "vitest";
import type { Condition, HoldRule } from "../../api";
import { blank, KINDS, moved, problemsOfRules, sameRules, toRow, toRules, wordsOf } from "./hold-rules";

const rule = (when: Condition, name = "a rule"): HoldRule => ({ name, when });
const check = (when: Condition, expected: object) => expect(problemsOfRules([toRow(rule(when))])).toEqual([expected]);

test("a blank rule of each kind says what is missing, or nothing is", () => {
  const missing = KINDS.map((kind) => Object.keys(problemsOfRules([toRow(rule(blank(kind)))])[0] ?? {}));
  expect(Object.fromEntries(KINDS.map((k, i) => [k, missing[i]]))).toEqual({
    keyword: ["words"],
    pattern: ["pattern"],
    slice: ["slice"],
    missingField: ["field"],
    language: ["only"],
    length: ["length"],
    schemaInvalid: [],
    hiddenCharacters: [],
  });
});
test("a length has a bound, whole, and in order", () => {
  const length = (atLeast: number | null, atMost: number | null): Condition => ({
    kind: "length",
    place: "output",
    atLeast,
    atMost,
  });
  check(length(null, 1200), {});
  check(length(10, 5), { length: { kind: "order" } });
  check(length(1.5, null), { length: { kind: "whole" } });
  check(length(null, NaN), { length: { kind: "whole" } });
});
test("a rule on one field names it", () =>
  check({ kind: "hiddenCharacters", place: { field: " " } }, { place: { kind: "required" } }));
test("two rules never have one name, whatever stands around it", () => {
  const when = blank("hiddenCharacters");
  const rows = [rule(when, "legal"), rule(when, " legal "), rule(when, "")].map(toRow);
  expect(problemsOfRules(rows)).toEqual([{}, { name: { kind: "taken" } }, { name: { kind: "required" } }]);
});
test("a name has at most a hundred characters, as a reader counts them", () => {
  const when = blank("hiddenCharacters");
  expect(problemsOfRules([toRow(rule(when, "😀".repeat(100)))])).toEqual([{}]);
  expect(problemsOfRules([toRow(rule(when, "x".repeat(101)))])).toEqual([{ name: { kind: "long", most: 100 } }]);
});
test("a schema is kept as it is typed and read when it is JSON", () => {
  const row = toRow(rule({ kind: "schemaInvalid", schema: { type: "object" } }));
  row.schema = '{"type": "array"}';
  expect(toRules([row])[0]?.when).toEqual({ kind: "schemaInvalid", schema: { type: "array" } });
  row.schema = '{"type": ';
  expect(problemsOfRules([row])).toEqual([{ schema: { kind: "json" } }]);
});
test("a schema of null is handed on, for the shell to refuse", () => {
  const row = toRow(rule({ kind: "schemaInvalid", schema: true }));
  row.schema = "null";
  expect(toRules([row])[0]?.when).toEqual({ kind: "schemaInvalid", schema: null });
});
test("words stand one a line", () => expect(wordsOf(" lawyer \n\n변호사\n")).toEqual(["lawyer", "변호사"]));
test("a rule moves by one and stays at the ends", () => {
  expect(moved(["a", "b", "c"], 1, -1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b", "c"], 1, 1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});
test("rules are the same in whatever order their members were written, and different in another order of rules", () => {
  const a = rule({ kind: "slice", slice: "vip" }, "a");
  const b = rule({ slice: "x", kind: "slice" }, "b");
  expect(
    sameRules([a, b], [{ when: { kind: "slice", slice: "vip" }, name: "a" }, rule({ kind: "slice", slice: "x" }, "b")]),
  ).toBe(true);
  expect(sameRules([a, b], [b, a])).toBe(false);
});
