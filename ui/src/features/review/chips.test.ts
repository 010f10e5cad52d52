import { expect, test } from "vitest";
import type { DeskView } from "../../api";
import { en } from "../../i18n/en";
import { binsOf, chips, stretchOf, type Stretch } from "./chips";

const nothing: DeskView = {
  tab: "waiting",
  order: "oldest",
  slice: null,
  text: "",
  source: null,
  confidence: null,
  holder: null,
  level: null,
};
const labels = (view: Partial<DeskView>) => chips({ ...nothing, ...view }, en, "en").map((c) => c.label);

test("everything that narrows the list is a chip, and an order is none", () => {
  expect(labels({})).toEqual([]);
  expect(
    labels({
      tab: "decided",
      text: "환불",
      slice: "returns",
      source: "mail",
      confidence: { from: 4, to: 11 },
      holder: { type: "person", name: "Ben" },
      level: "walk",
    }),
  ).toEqual(["Decided", "“환불”", "returns", "mail", "confidence 20 % to 60 %", "with Ben", "drafted at Walk"]);
  expect(labels({ holder: { type: "nobody" } })).toEqual(["in nobody’s hand"]);
});

test("a chip that is taken away leaves the others", () => {
  const view: DeskView = { ...nothing, text: "x", slice: "a", confidence: { from: 0, to: 3 } };
  let left: DeskView = view;
  for (const chip of chips(view, en, "en")) {
    left = { ...left, ...chip.without };
    expect(chips(left, en, "en").map((c) => c.name)).not.toContain(chip.name);
  }
  expect(left).toEqual(nothing);
});

test.each<[Stretch, "from" | "to", ReturnType<typeof binsOf>]>([
  [{ from: null, to: null }, "from", null],
  [{ from: 0.8, to: null }, "from", { from: 16, to: 19 }],
  [{ from: null, to: 0.5 }, "to", { from: 0, to: 9 }],
  [{ from: 0.15, to: 0.3 }, "to", { from: 3, to: 5 }],
  [{ from: 0.9, to: 0.5 }, "from", { from: 18, to: 18 }],
  [{ from: 0.9, to: 0.5 }, "to", { from: 9, to: 9 }],
])("the stretch %o, its %s moved last, is the bins %o", (stretch, moved, bins) =>
  expect(binsOf(stretch, moved)).toEqual(bins),
);

test("a stretch and its bins say the same", () => {
  for (let from = 0; from < 20; from += 1)
    for (let to = from; to < 20; to += 1)
      expect(binsOf(stretchOf({ from, to }), "from") ?? { from: 0, to: 19 }).toEqual({ from, to });
});
