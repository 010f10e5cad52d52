import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ko } from "../../i18n/ko";
import { en } from "../../i18n/en";
import { i18n } from "../../i18n/index.svelte";
import { formBeginsAnewBy } from "./form-changes";
import { fromTemplate, problemsOf } from "./lib";
import { outputProblems, prepared } from "./output";
import OutputField from "./OutputField.svelte";
import { problemWords } from "./words";

beforeEach(() => (i18n.locale = "en"));
afterEach(cleanup);
const labels = (...labels: string[]) => ({ kind: "labels" as const, labels });

describe("what keeps an output from being saved", () => {
  test.each<[string, Parameters<typeof outputProblems>[0], object]>([
    ["nothing", { kind: "text" }, {}],
    ["nothing, blank lines are none", labels("order", "", " other "), {}],
    ["one label", labels("order", " "), { labels: { kind: "labelCount", lo: 2, hi: 100 } }],
    ["a label twice", labels("order", "order "), { labels: { kind: "labelTwice", label: "order" } }],
    [
      "a label too long",
      labels("a", "x".repeat(101)),
      { labels: { kind: "labelLong", label: "x".repeat(30), most: 100 } },
    ],
    ["a schema", { kind: "json", schema: '{"type": "object"}' }, {}],
  ])("%s", (_, output, problems) => expect(outputProblems(output)).toEqual(problems));
  test("a schema that is no JSON has its line, in both languages", () => {
    const found = outputProblems({ kind: "json", schema: '{\n "a": 1,\n}' }).schema;
    expect(found?.kind).toBe("json");
    for (const t of [en, ko]) if (found) expect(problemWords(found, t)).toContain("JSON");
  });
  test("it stands among the problems of the form", () => {
    expect(problemsOf({ ...fromTemplate("support"), output: labels("a") })["labels"]?.kind).toBe("labelCount");
  });
});

test("labels are sent without blanks around them and without blank lines", () => {
  const input = { ...fromTemplate("blank"), output: labels(" order", "", "other ") };
  expect(prepared(input).output).toEqual(labels("order", "other"));
});

test("another form of the output begins evidence anew", () => {
  const from = fromTemplate("label");
  expect(formBeginsAnewBy(from, { ...from, output: { kind: "text" } })).toEqual(["output"]);
  expect(formBeginsAnewBy(from, { ...from })).toEqual([]);
});

test("what was typed for one kind is there again after a look at another", async () => {
  render(OutputField, { output: { kind: "text" }, say: () => undefined });
  await fireEvent.click(screen.getByTestId("output-kind-labels"));
  await fireEvent.input(screen.getByTestId("output-labels"), { target: { value: "order\nother" } });
  await fireEvent.click(screen.getByTestId("output-kind-json"));
  expect(screen.getByTestId<HTMLTextAreaElement>("output-schema").value).toContain('"type": "object"');
  await fireEvent.click(screen.getByTestId("output-kind-labels"));
  expect(screen.getByTestId<HTMLTextAreaElement>("output-labels").value).toBe("order\nother");
});
