import { describe, expect, test } from "vitest";
import { defaultKeys } from "./api";
import { defaultKey, isChanged, KEY_ACTIONS, keyOf, takenBy, wanted, withKey, type KeyAction } from "./keymap";

const press = (key: string, more: Partial<Parameters<typeof wanted>[0]> = {}) => ({
  key,
  code: "",
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  keyCode: 0,
  repeat: false,
  ...more,
});

test("as it comes no key starts two actions", () => {
  expect(new Set(defaultKeys.map(([, key]) => key)).size).toBe(KEY_ACTIONS.length);
  expect(KEY_ACTIONS).toContain("tokens");
});

describe("the key that a person presses for an action", () => {
  test.each<[string, ReturnType<typeof press>, KeyAction, ReturnType<typeof wanted>]>([
    ["a letter", press("q"), "approve", { key: "q" }],
    ["a capital", press("Q", { shiftKey: true }), "approve", { key: "q" }],
    ["a letter of the Korean layout", press("ㅂ", { code: "KeyQ" }), "approve", { key: "q" }],
    ["an action with Shift keeps it", press("h"), "hint", { key: "Shift+h" }],
    ["Escape", press("Escape"), "approve", "cancel"],
    ["Shift alone", press("Shift", { shiftKey: true }), "approve", "ignored"],
    ["Tab goes on", press("Tab"), "approve", "ignored"],
    ["a held key", press("q", { repeat: true }), "approve", "ignored"],
    ["a chord", press("q", { ctrlKey: true }), "approve", "modifier"],
    ["AltGr", press("@", { ctrlKey: true, altKey: true }), "approve", "modifier"],
    ["composition", press("q", { isComposing: true }), "approve", "modifier"],
    ["a digit", press("1"), "approve", "notALetter"],
    ["a sign", press("/"), "search", "notALetter"],
    ["a letter that is none of a–z", press("ä", { code: "Quote" }), "approve", "notALetter"],
    ["Enter", press("Enter"), "approve", "notALetter"],
  ])("%s", (_, event, action, expected) => expect(wanted(event, action)).toEqual(expected));
});

describe("a change", () => {
  test("is refused where another action has the key, changed or as it comes", () => {
    expect([takenBy({}, "approve", "e"), takenBy({}, "approve", "a"), takenBy({}, "approve", "q")]).toEqual([
      "edit",
      null,
      null,
    ]);
    expect(withKey({}, "approve", "e")).toBeNull();
    expect(withKey({ edit: "q" }, "approve", "q")).toBeNull();
    expect(withKey({ edit: "q" }, "approve", "e"), "the key that was given up is free").toEqual({
      edit: "q",
      approve: "e",
    });
    expect(withKey({}, "hint", "Shift+q"), "with Shift it is another key").toEqual({ hint: "Shift+q" });
  });
  test("back to the default leaves nothing behind, and is refused while the default is taken", () => {
    expect(withKey({ approve: "q" }, "approve", "a")).toEqual({});
    expect(withKey({ approve: "q", edit: "a" }, "approve", "a")).toBeNull();
  });
  test("shows in the table", () => {
    expect([keyOf({}, "undo"), keyOf({ undo: "z" }, "undo"), defaultKey("undo")]).toEqual(["u", "z", "u"]);
    expect([isChanged({ undo: "z" }, "undo"), isChanged({ undo: "u" }, "undo"), isChanged({}, "undo")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
