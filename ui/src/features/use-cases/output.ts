// What an output is, as it is edited: labels one a line, a schema as it is typed, and what keeps either from being saved. Pure;
// whether a schema has only keywords that Gait checks is said by the shell.
import type { Output, UseCaseInput } from "../../api";
import type { Problem } from "./lib";

export type OutputKind = Output["kind"];
export const OUTPUT_KINDS = ["text", "labels", "json"] as const satisfies OutputKind[];
export const MOST_LABELS = 100;
export const LONGEST_LABEL = 100;

const SCHEMA = `{
  "type": "object",
  "required": ["name"],
  "additionalProperties": false,
  "properties": {
    "name": { "type": ["string", "null"] }
  }
}`;

/** Lines as they are typed; blank ones fall away when they are sent. */
export function labelsOf(text: string): string[] {
  return text.split("\n");
}

/** An output of a kind, with what was typed for it before, else with something to begin with. */
export function outputOf(kind: OutputKind, labels: string | null, schema: string | null): Output {
  switch (kind) {
    case "text":
      return { kind };
    case "labels":
      return { kind, labels: labelsOf(labels ?? "") };
    case "json":
      return { kind, schema: schema ?? SCHEMA };
  }
}

/** As it is sent. */
export function prepared(input: UseCaseInput): UseCaseInput {
  if (input.output.kind !== "labels") return input;
  const labels = input.output.labels.map((l) => l.trim()).filter(Boolean);
  return { ...input, output: { kind: "labels", labels } };
}

/** Where a text is no JSON, from 1; null where it is. The engine's own words differ, the place does not. */
function notJson(text: string): { line: number } | null {
  try {
    JSON.parse(text);
    return null;
  } catch (e) {
    const at = /position (\d+)/.exec(e instanceof Error ? e.message : "")?.[1];
    return { line: at === undefined ? 0 : text.slice(0, Number(at)).split("\n").length };
  }
}

export function outputProblems(output: Output): Partial<Record<"labels" | "schema", Problem>> {
  switch (output.kind) {
    case "text":
      return {};
    case "labels": {
      const labels = output.labels.map((l) => l.trim()).filter(Boolean);
      if (labels.length < 2 || labels.length > MOST_LABELS)
        return { labels: { kind: "labelCount", lo: 2, hi: MOST_LABELS } };
      const twice = labels.find((l, i) => labels.indexOf(l) !== i);
      if (twice !== undefined) return { labels: { kind: "labelTwice", label: twice } };
      const long = labels.find((l) => [...l].length > LONGEST_LABEL);
      return long === undefined ? {} : { labels: { kind: "labelLong", label: long.slice(0, 30), most: LONGEST_LABEL } };
    }
    case "json": {
      const wrong = notJson(output.schema);
      return wrong ? { schema: { kind: "json", line: wrong.line } } : {};
    }
  }
}
