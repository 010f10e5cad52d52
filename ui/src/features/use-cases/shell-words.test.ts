import { expect, test } from "vitest";
import { epochReasons, refusedField, refusedRule } from "./shell-words";

test.each<[string, ReturnType<typeof refusedField>]>([
  [
    "Ε of walk: a number above 0, at most 0.05 (the most that the risk allows) (found 0.06)",
    { field: "walk-epsilon", words: "a number above 0, at most 0.05 (the most that the risk allows) (found 0.06)" },
  ],
  ["Δ of run: a number above 0 (found NaN)", { field: "run-delta", words: "a number above 0 (found NaN)" }],
  ["Why: at most 10000 bytes (found 10001 bytes)", { field: "why", words: "at most 10000 bytes (found 10001 bytes)" }],
  ["Longest TTFT (milliseconds): a number", { field: "ttftMs", words: "a number" }],
  ["Milestone 2: date: a date such as 2027-03-31", { field: "milestone-1-date", words: "a date such as 2027-03-31" }],
  [
    "Milestone 1: what is to be reached (found nothing)",
    { field: "milestone-0-what", words: "what is to be reached (found nothing)" },
  ],
  ["Something new: is wrong", null],
  ["No colon", null],
])("a refusal of a charter: %s", (message, expected) => expect(refusedField(message)).toEqual(expected));

test.each<[string, ReturnType<typeof refusedRule>]>([
  [
    "Hold rule 3: name: 1 to 100 characters (found 0 characters)",
    { rule: 2, words: "name: 1 to 100 characters (found 0 characters)" },
  ],
  [
    'Hold rule 2 "a \\"b\\": c": pattern: a regular expression (found line 1, column 3: unclosed group)',
    { rule: 1, words: "pattern: a regular expression (found line 1, column 3: unclosed group)" },
  ],
  ["Hold rules: at most 50 (found 51)", null],
])("a refusal of hold rules: %s", (message, expected) => expect(refusedRule(message)).toEqual(expected));

test("why an epoch began is read part by part, and what is not known is shown as it comes", () => {
  const why =
    "another drafter version; threshold 0.9 → 0.85; ε of walk 0.05 → 0.02; δ of run 0.05 → 0.01; other hold rules; other weights of edits; another calibrator; threshold by person → ladder; share to audit 0.1 → 0.2; the level fell; a mood; mood 1 → 2";
  expect(epochReasons(why)).toEqual([
    { kind: "drafter" },
    { kind: "threshold", from: 0.9, to: 0.85 },
    { kind: "epsilon", level: "walk", from: 0.05, to: 0.02 },
    { kind: "delta", level: "run", from: 0.05, to: 0.01 },
    { kind: "holdRules" },
    { kind: "grades" },
    { kind: "calibrator" },
    { kind: "byLadder" },
    { kind: "auditShare", from: 0.1, to: 0.2 },
    { kind: "fell" },
    { kind: "said", words: "a mood" },
    { kind: "said", words: "mood 1 → 2" },
  ]);
});
