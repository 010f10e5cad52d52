import { describe, expect, test } from "vitest";
import { fieldsOf, fromTemplate, newReasonCode, problemsOf, TEMPLATES } from "./lib";

test.each(TEMPLATES.filter((t) => t !== "blank"))("the template %s can be saved as it is", (name) => {
  expect(problemsOf(fromTemplate(name))).toEqual({});
});
test("a blank form says what is missing", () => {
  expect(Object.keys(problemsOf(fromTemplate("blank")))).toEqual(["name", "template"]);
});
describe("the fields a prompt reads", () => {
  test.each<[string, string[]]>([
    ["{{ message }}", ["message"]],
    ["{{message|trim}} and {{- 고객 -}}", ["message", "고객"]],
    ["{% if order %}{{ order }}{% endif %}", ["order"]],
    ["nothing here", []],
    ["{{ 'text' }}", []],
  ])("%s", (template, fields) => expect(fieldsOf(template)).toEqual(fields));
});
test("numbers out of range, empty reasons and sinks without a path are refused beside their field", () => {
  const input = fromTemplate("support");
  input.threshold = 1.2;
  input.sampling.temperature = NaN;
  input.reasons.push({ code: "x", label: " " });
  input.sinks.push({ kind: "outbox", path: "", audience: null });
  expect(problemsOf(input)).toEqual({
    threshold: { kind: "range", lo: 0, hi: 1 },
    temperature: { kind: "number" },
    "reason-5": { kind: "required" },
    "sink-0": { kind: "path" },
  });
});
test("a prompt that reads no field is refused", () => {
  expect(problemsOf({ ...fromTemplate("label"), template: "always the same" })).toEqual({
    template: { kind: "noField" },
  });
});
test("a new reason never takes the code of another", () => {
  expect(newReasonCode([{ code: "reason_2", label: "" }])).toBe("reason_3");
});
