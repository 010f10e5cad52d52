// JSON as it was written: numbers keep their digits, members their order, so that changing one value changes no other. Pure.
// Invariant: what JSON (RFC 8259) does not allow is refused with the place; nesting is bounded.

export type Node =
  | { kind: "object"; members: [string, Node][] }
  | { kind: "array"; items: Node[] }
  | { kind: "string"; value: string }
  /** The digits as they stand there. */
  | { kind: "number"; digits: string }
  | { kind: "boolean"; value: boolean }
  | { kind: "null" };

export type Parsed = { ok: true; node: Node } | { ok: false; line: number; column: number };

/** As many levels as the shell reads. */
const DEEPEST = 127;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

class Fault extends Error {}

export function parse(text: string): Parsed {
  let at = 0;
  const space = () => {
    SPACE.lastIndex = at;
    SPACE.exec(text);
    at = SPACE.lastIndex;
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return null;
    at = pattern.lastIndex;
    return found[0];
  };
  const expect = (sign: string) => {
    if (text[at] !== sign) throw new Fault();
    at += 1;
  };
  const string = (): string => {
    const raw = take(STRING);
    if (raw === null) throw new Fault();
    const value = JSON.parse(raw) as string;
    // Half a character is none.
    if (/\p{Cs}/u.test(value)) throw new Fault();
    return value;
  };
  /** What stands between two brackets, with commas between. */
  const list = (close: string, one: () => void) => {
    at += 1;
    space();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      one();
      space();
      if (text[at] === close) {
        at += 1;
        return;
      }
      expect(",");
      space();
    }
  };
  const value = (depth: number): Node => {
    if (depth > DEEPEST) throw new Fault();
    space();
    const first = text[at];
    if (first === "{") {
      const members: [string, Node][] = [];
      list("}", () => {
        const name = string();
        // Twice the same name is read in two ways by two readers.
        if (members.some(([other]) => other === name)) throw new Fault();
        space();
        expect(":");
        members.push([name, value(depth + 1)]);
      });
      return { kind: "object", members };
    }
    if (first === "[") {
      const items: Node[] = [];
      list("]", () => items.push(value(depth + 1)));
      return { kind: "array", items };
    }
    if (first === '"') return { kind: "string", value: string() };
    for (const [word, node] of [
      ["true", { kind: "boolean", value: true }],
      ["false", { kind: "boolean", value: false }],
      ["null", { kind: "null" }],
    ] as [string, Node][])
      if (text.startsWith(word, at)) {
        at += word.length;
        return node;
      }
    const digits = take(NUMBER);
    if (digits === null || !Number.isFinite(Number(digits))) throw new Fault();
    return { kind: "number", digits };
  };
  try {
    const node = value(0);
    space();
    if (at < text.length) throw new Fault();
    return { ok: true, node };
  } catch (e) {
    if (!(e instanceof Fault)) throw e;
    const before = text.slice(0, at).split("\n");
    return { ok: false, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

/** On one line, or a member a line where the text that it stands for was laid out so. */
export function write(node: Node, indent = ""): string {
  const inner = indent === "" ? "" : `${indent}  `;
  const list = (open: string, all: string[], close: string) => {
    if (all.length === 0) return open + close;
    return indent === ""
      ? `${open}${all.join(", ")}${close}`
      : `${open}${all.map((x) => inner + x).join(",")}${indent}${close}`;
  };
  switch (node.kind) {
    case "object":
      return list(
        "{",
        node.members.map(([name, member]) => `${JSON.stringify(name)}: ${write(member, inner)}`),
        "}",
      );
    case "array":
      return list(
        "[",
        node.items.map((item) => write(item, inner)),
        "]",
      );
    case "string":
      return JSON.stringify(node.value);
    case "number":
      return node.digits;
    case "boolean":
      return String(node.value);
    case "null":
      return "null";
  }
}

/** As `write`, laid out as `like` is. */
export function writeLike(node: Node, like: string): string {
  return write(node, like.trim().includes("\n") ? "\n" : "");
}

/** Whether both say the same: numbers by their value where both are exact. */
export function equal(a: Node, b: Node): boolean {
  if (a.kind === "object" && b.kind === "object")
    return (
      a.members.length === b.members.length &&
      a.members.every(([name, x]) => {
        const y = member(b, name);
        return y !== undefined && equal(x, y);
      })
    );
  if (a.kind === "array" && b.kind === "array")
    return a.items.length === b.items.length && a.items.every((x, i) => equal(x, b.items[i] ?? { kind: "null" }));
  if (a.kind === "string" && b.kind === "string") return a.value === b.value;
  if (a.kind === "boolean" && b.kind === "boolean") return a.value === b.value;
  if (a.kind === "number" && b.kind === "number") return a.digits === b.digits || sameNumber(a.digits, b.digits);
  return a.kind === "null" && b.kind === "null";
}

/** 1 and 1.0 are the same; what a double cannot hold is compared by its digits alone. */
function sameNumber(a: string, b: string): boolean {
  return Number(a) === Number(b) && Math.abs(Number(a)) <= Number.MAX_SAFE_INTEGER;
}

export function member(node: Node, name: string): Node | undefined {
  return node.kind === "object" ? node.members.find(([other]) => other === name)?.[1] : undefined;
}

/** The object with a member set (at its old place, else last), or without it where `value` is undefined. */
export function withMember(node: Node, name: string, value: Node | undefined): Node {
  const members: [string, Node][] = node.kind === "object" ? node.members : [];
  if (value === undefined) return { kind: "object", members: members.filter(([other]) => other !== name) };
  if (members.some(([other]) => other === name))
    return { kind: "object", members: members.map(([other, x]) => (other === name ? [name, value] : [other, x])) };
  return { kind: "object", members: [...members, [name, value]] };
}
