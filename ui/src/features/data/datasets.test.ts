import { expect, test } from "vitest";
import { everyDecision } from "../../api";
import { i18n } from "../../i18n/index.svelte";
import {
  dayOf,
  dayStart,
  datasetsFolder,
  firstRecipe,
  noteText,
  toggled,
  versionFolder,
  words,
  wrong,
} from "./datasets";

test("a day is from its first moment to that of the next one, and comes back as it was typed", () => {
  const from = dayStart("2026-03-01");
  const until = dayStart("2026-03-01", 1);
  expect(dayOf(from)).toBe("2026-03-01");
  expect(dayOf(until, 1)).toBe("2026-03-01");
  expect(until).toBeGreaterThan(from ?? 0);
  expect(dayStart("")).toBeNull();
  expect(dayOf(null)).toBe("");
});

test("what keeps a version from being made", () => {
  const recipe = firstRecipe(undefined, "en", 2048);
  expect(wrong(recipe, "/sets")).toBeNull();
  expect(wrong({ ...recipe, formats: [] }, "/sets")).toBe("formats");
  expect(wrong({ ...recipe, validation: 0.5, test: 0.5 }, "/sets")).toBe("split");
  expect(wrong({ ...recipe, validation: NaN }, "/sets")).toBe("split");
  expect(wrong(recipe, "  ")).toBe("folder");
  expect(wrong({ ...recipe, nearSimilarity: 1.2 }, "/sets")).toBe("similarity");
  expect(wrong({ ...recipe, nearSimilarity: 1.2, nearDuplicates: false }, "/sets")).toBeNull();
});

test("a folder is named after its use case and its version", () => {
  expect(versionFolder("/sets/", "Support: Antworten!", 3)).toBe("/sets/support-antworten-v3");
  expect(versionFolder("C:\\sets", "고객 답변", 1)).toBe("C:\\sets\\고객-답변-v1");
  expect(datasetsFolder("/home/mina/gait/")).toBe("/home/mina/gait/datasets");
});

test("lists are of words between commas, each once", () => {
  expect(words(" customer, thread ,,customer")).toEqual(["customer", "thread"]);
  expect(toggled(["a"], "b", true)).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a", false)).toEqual(["b"]);
});

test("a use case keeps to the recipe of its newest version", () => {
  const newest = { recipe: { ...firstRecipe(undefined, "ko", null), test: 0.25 } } as Parameters<typeof firstRecipe>[0];
  expect(firstRecipe(newest, "en", 2048).test).toBe(0.25);
  expect(firstRecipe(newest, "en", 2048).mostTokens).toBeNull();
  expect(firstRecipe(undefined, "ko", null).languages).toEqual(["ko"]);
  expect(firstRecipe(undefined, "ko", 2048).mostTokens).toBe(2048);
  expect(everyDecision.verdicts).toEqual([]);
});

test("a note of a version is told in the language of the window, where that is known", () => {
  const note = { code: "kto_one_label", text: "kto is not written for validation.", count: 3, about: "kto validation" };
  const told = (of: Partial<typeof note>) => noteText({ ...note, ...of }, i18n.t.datasets);
  expect(told({})).toBe(note.text);
  i18n.locale = "ko";
  try {
    expect(told({})).toContain("검증 쪽에");
    expect(told({}), "the format's own name").toContain(i18n.t.datasets.formatNames.kto[0]);
    expect(told({ about: "" }), "of a version from before").toBe(note.text);
    expect(told({ code: "new_one" })).toBe(note.text);
    expect(told({ code: "no_tokens", about: "" })).toContain("글자 수");
  } finally {
    i18n.locale = "en";
  }
});
