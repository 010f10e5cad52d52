import { describe, expect, test } from "vitest";
import cases from "./cases.json";
import { asNumber, controlOf, first } from "./fields";
import { misfit } from "./fits";
import { equal, type Node, parse, withMember, write, writeLike } from "./json";
import { faults, readSchema } from "./schema";

const node = (text: string): Node => {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`${text}: not JSON`);
  return parsed.node;
};

describe("JSON as it was written", () => {
  test("numbers keep their digits and members their order", () => {
    const text = '{"z": 9007199254740993, "10": 1.50, "2": -0, "a": 1e2, "s": "a\\/b\\u00e9"}';
    expect(write(node(text))).toBe('{"z": 9007199254740993, "10": 1.50, "2": -0, "a": 1e2, "s": "a/bé"}');
  });
  test("one value that is changed changes no other", () => {
    const before = node('{"id": 12345678901234567890, "days": 3}');
    expect(write(withMember(before, "days", { kind: "number", digits: "4" }))).toBe(
      '{"id": 12345678901234567890, "days": 4}',
    );
  });
  test("it is laid out as it was", () => {
    const laid = '{\n  "a": [1, 2]\n}';
    expect(writeLike(node(laid), laid)).toBe('{\n  "a": [\n    1,\n    2\n  ]\n}');
    expect(writeLike(node(laid), '{"a":1}')).toBe('{"a": [1, 2]}');
  });
  test("what it says is compared, not how it is laid out; what a number cannot hold by its digits", () => {
    expect(equal(node('{"a": 1, "b": [2]}'), node('{"b":[2.0],\n"a":1}'))).toBe(true);
    expect(equal(node("9007199254740993"), node("9007199254740992"))).toBe(false);
    expect(equal(node('{"a": null}'), node("{}"))).toBe(false);
  });
  test("the place of what is wrong is told", () => {
    expect(parse('{"a": 1,\n  b: 2}')).toEqual({ ok: false, line: 2, column: 3 });
  });
  test.each(["[".repeat(10_000), '{"a":'.repeat(10_000), "[".repeat(200) + "]".repeat(200)])(
    "what is nested too deep is refused, not followed",
    (text) => expect(parse(text).ok).toBe(false),
  );
});

describe("the page and flow find the same outputs fitting", () => {
  for (const [i, c] of cases.entries()) {
    const output = { kind: "json" as const, schema: JSON.stringify(c.schema) };
    test.each(c.fits)(`schema ${i + 1}: %j fits`, (text) => expect(misfit(output, text)).toBeNull());
    test.each(c.misfits as [string, string | null][])(`schema ${i + 1}: %j does not`, (text, place) => {
      const found = misfit(output, text);
      if (place === null) expect(found?.kind).toBe("json");
      else expect(found?.kind === "schema" && found.faults[0]?.path).toBe(place);
    });
  }
});

test("all faults are found at once, each at its place", () => {
  const schema = readSchema(JSON.stringify(cases[0]?.schema)) as Node;
  const found = faults(schema, node('{"refund": "x", "lines": ["", "abcd"], "extra": 1}'));
  expect(found.map((f) => [f.path, f.kind])).toEqual([
    ["/refund", "type"],
    ["/lines/0", "length"],
    ["/lines/1", "length"],
    ["", "extra"],
  ]);
});

test("a label fits to the letter", () => {
  const output = { kind: "labels" as const, labels: ["order", "other"] };
  expect(["order", "Order", "order ", ""].map((x) => misfit(output, x) === null)).toEqual([true, false, false, false]);
});

describe("how a place is asked for", () => {
  test.each<[string, unknown, string]>([
    ["a text that may be nothing", { type: ["string", "null"] }, "string"],
    ["the same by anyOf", { anyOf: [{ type: "string" }, { type: "null" }] }, "string"],
    ["one of a few", { enum: ["a", 1, null] }, "choice"],
    ["a group", { type: "object", properties: { a: {} } }, "object"],
    ["a list", { type: "array", items: { type: "integer" } }, "array"],
    ["anything", {}, "json"],
    ["two types", { type: ["string", "integer"] }, "json"],
    ["a group without members", { type: "object" }, "json"],
  ])("%s", (_, schema, kind) => expect(controlOf(node(JSON.stringify(schema))).kind).toBe(kind));

  test("a group begins with what is required, and it fits where nothing else bounds it", () => {
    const schema = node(
      '{"type":"object","required":["n","c"],"properties":{"n":{"type":"integer","minimum":2},"c":{"enum":["x"]},"o":{"type":"string"}}}',
    );
    expect(write(first(schema))).toBe('{"n": 2, "c": "x"}');
    expect(faults(schema, first(schema))).toEqual([]);
  });
  test("a number is what JSON takes for one", () => {
    expect(
      ["1", " 2.50 ", "-0", "1e3", "1.", "abc", "", "0x10", "Infinity", "１"].map((x) => asNumber(x) !== null),
    ).toEqual([true, true, true, true, false, false, false, false, false, false]);
  });
});
