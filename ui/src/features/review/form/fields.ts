// How a place of a JSON Schema is asked for on the page, and what a field begins with. Pure.
import { type Node, parse } from "./json";
import { bound, keyword, propertiesOf, requiredOf, type Schema, textOf, typesOf } from "./schema";

/** One control. `nullable` fields can be emptied; what fits no control is edited as JSON. */
export type Control =
  | { kind: "choice"; values: Node[] }
  | { kind: "boolean" | "string" | "number" | "integer"; nullable: boolean }
  | { kind: "object"; members: { name: string; schema: Schema; required: boolean }[] }
  | { kind: "array"; each: Schema }
  | { kind: "json" };

/** A schema without a `null` beside what it asks for: `anyOf: [x, null]` is x, nullable. */
function core(schema: Schema): { schema: Schema; nullable: boolean } {
  const any = keyword(schema, "anyOf");
  if (any?.kind === "array" && any.items.length === 2) {
    const isNull = (s: Schema) => typesOf(s).length === 1 && typesOf(s)[0] === "null";
    const [first, second] = any.items;
    if (first && second && isNull(second) && !isNull(first)) return { schema: first, nullable: true };
    if (first && second && isNull(first) && !isNull(second)) return { schema: second, nullable: true };
  }
  return { schema, nullable: typesOf(schema).includes("null") };
}

export function controlOf(outer: Schema): Control {
  const { schema, nullable } = core(outer);
  const values = keyword(schema, "enum");
  if (values?.kind === "array" && values.items.length > 0 && values.items.length <= 200) {
    const withNull = nullable && !values.items.some((v) => v.kind === "null");
    return { kind: "choice", values: withNull ? [...values.items, { kind: "null" }] : values.items };
  }
  const types = typesOf(schema).filter((t) => t !== "null");
  if (types.length !== 1 || keyword(schema, "anyOf")) return { kind: "json" };
  switch (types[0]) {
    case "boolean":
    case "string":
    case "number":
    case "integer":
      return { kind: types[0], nullable };
    case "object": {
      const members = propertiesOf(schema);
      if (nullable || members.length === 0) return { kind: "json" };
      const required = requiredOf(schema);
      return {
        kind: "object",
        members: members.map(([name, s]) => ({ name, schema: s, required: required.includes(name) })),
      };
    }
    case "array": {
      const each = keyword(schema, "items");
      return each && !nullable ? { kind: "array", each } : { kind: "json" };
    }
    default:
      return { kind: "json" };
  }
}

/** Whether a control can show a value; else it is edited as JSON. */
export function shows(control: Control, node: Node | undefined): boolean {
  if (node === undefined) return true;
  switch (control.kind) {
    case "choice":
      return true;
    case "boolean":
    case "string":
      return node.kind === control.kind || (node.kind === "null" && control.nullable);
    case "number":
    case "integer":
      // What was typed and is no number yet stays in its field.
      return node.kind === "number" || node.kind === "string" || (node.kind === "null" && control.nullable);
    case "object":
    case "array":
      return node.kind === control.kind;
    case "json":
      return true;
  }
}

/** What a field that is put in begins with. */
export function first(schema: Schema): Node {
  const control = controlOf(schema);
  const given = keyword(schema, "default");
  if (given) return given;
  switch (control.kind) {
    case "choice":
      return control.values[0] ?? { kind: "null" };
    case "boolean":
      return control.nullable ? { kind: "null" } : { kind: "boolean", value: false };
    case "string":
      return control.nullable ? { kind: "null" } : { kind: "string", value: "" };
    case "number":
    case "integer":
      return control.nullable ? { kind: "null" } : { kind: "number", digits: String(bound(schema, "minimum") ?? 0) };
    case "object":
      return {
        kind: "object",
        members: control.members.filter((m) => m.required).map((m) => [m.name, first(m.schema)]),
      };
    case "array":
      return { kind: "array", items: [] };
    case "json":
      return { kind: "null" };
  }
}

/** What a person typed into a number field: its digits, or null where that is no JSON number. */
export function asNumber(typed: string): Node | null {
  const parsed = parse(typed.trim());
  return parsed.ok && parsed.node.kind === "number" ? parsed.node : null;
}

export const titleOf = (schema: Schema, name: string) => textOf(schema, "title") || name;
export const helpOf = (schema: Schema) => textOf(schema, "description");
