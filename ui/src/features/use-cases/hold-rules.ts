// Hold rules as they are edited: a blank one of each kind, their order, and what keeps them from being saved. Pure; patterns and
// schemas are read by the shell alone, which says what is wrong with them.
import type { Condition, HoldRule, Place } from "../../api";

export type Kind = Condition["kind"];
export const KINDS = [
  "keyword",
  "pattern",
  "slice",
  "missingField",
  "language",
  "length",
  "schemaInvalid",
  "hiddenCharacters",
] as const satisfies Kind[];
export const MOST_RULES = 50;
const MOST_NAME = 100;
const MOST_WORDS = 200;

/** A rule in the editor. Its schema is kept as it is typed; it need not be JSON yet. */
export type Row = { key: number; rule: HoldRule; schema: string };

let nextKey = 1;
export function toRow(rule: HoldRule): Row {
  const schema = rule.when.kind === "schemaInvalid" ? JSON.stringify(rule.when.schema, null, 2) : "";
  return { key: nextKey++, rule: structuredClone(rule), schema };
}

/** The rules that the rows stand for. A schema that is no JSON is left as it was kept; it is a problem before that. */
export function toRules(rows: Row[]): HoldRule[] {
  return rows.map(({ rule, schema }) => {
    const name = rule.name.trim();
    if (rule.when.kind !== "schemaInvalid") return { name, when: rule.when };
    const read = json(schema);
    return { name, when: { kind: "schemaInvalid", schema: read === null ? rule.when.schema : read.value } };
  });
}

function json(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

export function blank(kind: Kind): Condition {
  const place: Place = "anywhere";
  switch (kind) {
    case "slice":
      return { kind, slice: "" };
    case "keyword":
      return { kind, place, words: [] };
    case "pattern":
      return { kind, place, pattern: "" };
    case "missingField":
      return { kind, field: "" };
    case "language":
      return { kind, place: "output", only: [] };
    case "length":
      return { kind, place: "output", atLeast: null, atMost: null };
    case "schemaInvalid":
      return { kind, schema: { type: "object" } };
    case "hiddenCharacters":
      return { kind, place };
  }
}

/** One row up (-1) or down (1); at the end it stays. */
export function moved<T>(list: T[], at: number, by: -1 | 1): T[] {
  const [one, other] = [list[at], list[at + by]];
  if (one === undefined || other === undefined) return list;
  const out = [...list];
  out[at] = other;
  out[at + by] = one;
  return out;
}

/** Words as they are typed: one a line. */
export function wordsOf(text: string): string[] {
  return text
    .split("\n")
    .map((w) => w.trim())
    .filter(Boolean);
}

export type RulePart = "name" | "place" | "slice" | "words" | "pattern" | "field" | "only" | "length" | "schema";
export type RuleProblem =
  { kind: "required" | "taken" | "json" | "bound" | "order" | "whole" } | { kind: "long" | "many"; most: number };
export type RuleProblems = Partial<Record<RulePart, RuleProblem>>;

function problemsOf(row: Row, taken: boolean): RuleProblems {
  const problems: RuleProblems = {};
  const { name, when } = row.rule;
  if (!name.trim()) problems.name = { kind: "required" };
  else if ([...name.trim()].length > MOST_NAME) problems.name = { kind: "long", most: MOST_NAME };
  else if (taken) problems.name = { kind: "taken" };
  if ("place" in when && typeof when.place === "object" && !when.place.field.trim())
    problems.place = { kind: "required" };
  switch (when.kind) {
    case "slice":
      if (!when.slice.trim()) problems.slice = { kind: "required" };
      break;
    case "keyword":
      if (when.words.length === 0) problems.words = { kind: "required" };
      else if (when.words.length > MOST_WORDS) problems.words = { kind: "many", most: MOST_WORDS };
      break;
    case "pattern":
      if (!when.pattern) problems.pattern = { kind: "required" };
      else if (new TextEncoder().encode(when.pattern).length > 2000) problems.pattern = { kind: "long", most: 2000 };
      break;
    case "missingField":
      if (!when.field.trim()) problems.field = { kind: "required" };
      break;
    case "language":
      if (when.only.length === 0) problems.only = { kind: "required" };
      break;
    case "length": {
      const { atLeast, atMost } = when;
      const whole = (x: number | null) => x === null || (Number.isInteger(x) && x >= 0 && x <= 4294967295);
      if (!whole(atLeast) || !whole(atMost)) problems.length = { kind: "whole" };
      else if (atLeast === null && atMost === null) problems.length = { kind: "bound" };
      else if (atLeast !== null && atMost !== null && atLeast > atMost) problems.length = { kind: "order" };
      break;
    }
    case "schemaInvalid":
      if (json(row.schema) === null) problems.schema = { kind: "json" };
      break;
    case "hiddenCharacters":
      break;
  }
  return problems;
}

/** What keeps the rules from being saved, rule by rule. */
export function problemsOfRules(rows: Row[]): RuleProblems[] {
  return rows.map((row, i) => {
    const name = row.rule.name.trim();
    return problemsOf(row, name !== "" && rows.slice(0, i).some((other) => other.rule.name.trim() === name));
  });
}

export function sameRules(a: HoldRule[], b: HoldRule[]): boolean {
  return canonical(a) === canonical(b);
}
/** JSON that does not depend on the order in which members were written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === "object" && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1)))
      : v,
  );
}
