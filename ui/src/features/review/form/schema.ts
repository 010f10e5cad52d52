// Whether JSON fits a JSON Schema, by the keywords that flow checks (`hold/schema.rs`), all faults at once with their places. Pure.
// Invariant: finds no fault exactly where flow finds none; `cases.json` beside it is read by the tests of both.
import { equal, type Node, parse } from "./json";

export type Schema = Node;
export type Fault = { path: string } & (
  | { kind: "type"; types: TypeName[] }
  | { kind: "missing" | "extra"; name: string }
  | { kind: "enum" | "const" | "any" | "never" }
  | { kind: "items" | "length"; least: number | null; most: number | null }
  | { kind: "range"; least: string | null; most: string | null }
);
export const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
export type TypeName = (typeof TYPES)[number];

/** A schema as it was kept; null where it cannot be read, and then nothing can be said of its fields. */
export function readSchema(text: string): Schema | null {
  const parsed = parse(text);
  return parsed.ok ? parsed.node : null;
}

export function keyword(schema: Schema, name: string): Node | undefined {
  return schema.kind === "object" ? schema.members.find(([other]) => other === name)?.[1] : undefined;
}
const items = (node: Node | undefined): Node[] => (node?.kind === "array" ? node.items : []);
const strings = (node: Node | undefined): string[] =>
  items(node).flatMap((x) => (x.kind === "string" ? [x.value] : []));

/** The types that a schema names; empty where it names none. */
export function typesOf(schema: Schema): TypeName[] {
  const type = keyword(schema, "type");
  const names = type?.kind === "string" ? [type.value] : strings(type);
  return TYPES.filter((t) => names.includes(t));
}
export function requiredOf(schema: Schema): string[] {
  return strings(keyword(schema, "required"));
}
export function propertiesOf(schema: Schema): [string, Schema][] {
  const found = keyword(schema, "properties");
  return found?.kind === "object" ? found.members : [];
}
export function textOf(schema: Schema, name: string): string {
  const found = keyword(schema, name);
  return found?.kind === "string" ? found.value : "";
}
export function bound(schema: Schema, name: string): number | null {
  const found = keyword(schema, name);
  return found?.kind === "number" ? Number(found.digits) : null;
}

function isOf(node: Node, type: TypeName): boolean {
  if (node.kind === "number") return type === "number" || (type === "integer" && Number.isInteger(Number(node.digits)));
  return node.kind === type;
}

const step = (path: string, name: string | number) => `${path}/${String(name)}`;

function faultsOfObject(schema: Schema, node: Node & { kind: "object" }, path: string): Fault[] {
  const found: Fault[] = [];
  for (const name of requiredOf(schema))
    if (!node.members.some(([other]) => other === name)) found.push({ kind: "missing", path, name });
  const properties = propertiesOf(schema);
  const others = keyword(schema, "additionalProperties");
  for (const [name, value] of node.members) {
    const own = properties.find(([other]) => other === name)?.[1];
    if (own) found.push(...faults(own, value, step(path, name)));
    else if (others?.kind === "boolean" && !others.value) found.push({ kind: "extra", path, name });
    else if (others) found.push(...faults(others, value, step(path, name)));
  }
  return found;
}

/** What is wrong with a value, in the order of the places. */
export function faults(schema: Schema, node: Node, path = ""): Fault[] {
  if (schema.kind === "boolean" && schema.value) return [];
  if (schema.kind !== "object") return [{ kind: "never", path }];
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((t) => isOf(node, t))) return [{ kind: "type", path, types }];
  const allowed = keyword(schema, "enum");
  if (allowed?.kind === "array" && !allowed.items.some((x) => equal(x, node))) return [{ kind: "enum", path }];
  const wanted = keyword(schema, "const");
  if (wanted && !equal(wanted, node)) return [{ kind: "const", path }];
  const any = keyword(schema, "anyOf");
  if (any?.kind === "array" && !any.items.some((s) => faults(s, node, path).length === 0))
    return [{ kind: "any", path }];
  const outside = (n: number, least: number | null, most: number | null) =>
    (least !== null && n < least) || (most !== null && n > most);
  switch (node.kind) {
    case "object":
      return faultsOfObject(schema, node, path);
    case "array": {
      const [least, most] = [bound(schema, "minItems"), bound(schema, "maxItems")];
      if (outside(node.items.length, least, most)) return [{ kind: "items", path, least, most }];
      const each = keyword(schema, "items");
      return each ? node.items.flatMap((x, i) => faults(each, x, step(path, i))) : [];
    }
    case "string": {
      const [least, most] = [bound(schema, "minLength"), bound(schema, "maxLength")];
      return outside([...node.value].length, least, most) ? [{ kind: "length", path, least, most }] : [];
    }
    case "number":
      return faultsOfNumber(schema, Number(node.digits), path);
    case "boolean":
    case "null":
      return [];
  }
}

function faultsOfNumber(schema: Schema, x: number, path: string): Fault[] {
  const [least, most] = [bound(schema, "minimum"), bound(schema, "maximum")];
  const [above, below] = [bound(schema, "exclusiveMinimum"), bound(schema, "exclusiveMaximum")];
  const outside =
    (least !== null && x < least) ||
    (most !== null && x > most) ||
    (above !== null && x <= above) ||
    (below !== null && x >= below);
  if (!outside) return [];
  const shown = (at: number | null, beyond: number | null, sign: string) =>
    beyond !== null ? `${sign}${String(beyond)}` : at !== null ? String(at) : null;
  return [{ kind: "range", path, least: shown(least, above, ">"), most: shown(most, below, "<") }];
}

/** Faults that stand at a place itself or at none of the fields below it. */
export function at(all: Fault[], path: string): Fault[] {
  return all.filter((f) => f.path === path);
}
