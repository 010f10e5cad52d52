import { describe, expect, test } from "vitest";
import { belongsToText, isTextField, matches, Shortcuts, type Action } from "./shortcuts";

type Fields = Partial<Parameters<typeof matches>[0]>;
function press(key: string, more: Fields = {}) {
  return {
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
  };
}

describe("which key is meant", () => {
  test.each<[string, ReturnType<typeof press>, boolean]>([
    ["a", press("a"), true],
    ["a", press("A"), true],
    ["a", press("A", { shiftKey: true }), false],
    ["a", press("a", { ctrlKey: true }), false],
    ["a", press("ㅁ", { code: "KeyA" }), true],
    ["x", press("ㅌ", { code: "KeyX" }), true],
    ["Shift+r", press("R", { shiftKey: true }), true],
    ["Shift+r", press("ㄲ", { code: "KeyR", shiftKey: true }), true],
    ["r", press("R", { shiftKey: true }), false],
    ["?", press("?", { shiftKey: true }), true],
    ["/", press("/"), true],
    ["[", press("["), true],
    ["Ctrl+Enter", press("Enter", { ctrlKey: true }), true],
    ["Ctrl+Enter", press("Enter", { metaKey: true }), true],
    ["Ctrl+Enter", press("Enter"), false],
    ["Ctrl+1", press("1", { ctrlKey: true }), true],
    ["Ctrl+1", press("&", { ctrlKey: true, code: "Digit1" }), true],
    ["ArrowDown", press("ArrowDown"), true],
    ["Ctrl+z", press("z", { ctrlKey: true, shiftKey: true }), false],
  ])("%s is pressed by %o: %s", (key, event, expected) => expect(matches(event, key)).toBe(expected));
});

describe("keys that belong to the text", () => {
  test.each<[string, Fields, boolean]>([
    ["composition", { isComposing: true }, true],
    ["an input method's 229", { keyCode: 229 }, true],
    ["AltGr as a modifier", { getModifierState: (m) => m === "AltGraph" } as Fields, true],
    ["AltGr as Ctrl+Alt", { ctrlKey: true, altKey: true }, true],
    ["a plain key", {}, false],
  ])("%s", (_, more, expected) => expect(belongsToText(press("a", more))).toBe(expected));
});

describe("a layer of actions", () => {
  function setup(more: Partial<Action> = {}) {
    const ran: string[] = [];
    const keys = new Shortcuts();
    keys.push({
      name: () => "page",
      actions: () => [{ id: "approve", label: "Approve", keys: ["a"], run: () => void ran.push("approve"), ...more }],
    });
    return { keys, ran };
  }
  const field = document.createElement("textarea");

  test("a single letter is left to a text field that has the focus", () => {
    const { keys, ran } = setup();
    expect(keys.handle(press("a"), field, false)).toBe(false);
    expect(keys.handle(press("a"), document.body, false)).toBe(true);
    expect(ran).toEqual(["approve"]);
  });
  test("a chord that says so works in a text field", () => {
    const { keys, ran } = setup({ keys: ["Ctrl+Enter"], inText: true });
    keys.handle(press("Enter", { ctrlKey: true }), field, false);
    expect(ran).toEqual(["approve"]);
  });
  test("nothing runs under an open dialog or during composition", () => {
    const { keys, ran } = setup();
    expect(keys.handle(press("a"), document.body, true)).toBe(false);
    expect(keys.handle(press("a", { isComposing: true }), document.body, false)).toBe(false);
    expect(ran).toEqual([]);
  });
  test("a held key is swallowed but does not repeat a decision", () => {
    const { keys, ran } = setup();
    expect(keys.handle(press("a", { repeat: true }), document.body, false)).toBe(true);
    expect(ran).toEqual([]);
  });
  test("an action is ignored while it is still in flight, and works again afterwards", async () => {
    let finish = () => {};
    let started = 0;
    const { keys } = setup({ run: () => ((started += 1), new Promise<void>((ok) => (finish = ok))) });
    keys.handle(press("a"), document.body, false);
    keys.handle(press("a"), document.body, false);
    expect(started).toBe(1);
    finish();
    await new Promise((ok) => setTimeout(ok, 0));
    keys.handle(press("a"), document.body, false);
    expect(started).toBe(2);
  });
  test("an action that is not possible now is neither run nor shown", () => {
    const { keys, ran } = setup({ enabled: () => false });
    expect(keys.handle(press("a"), document.body, false)).toBe(false);
    expect(keys.valid()).toEqual([]);
    expect(ran).toEqual([]);
  });
  test("the newest layer wins, and is gone when it is taken away", () => {
    const { keys, ran } = setup();
    const off = keys.push({
      name: () => "top",
      actions: () => [{ id: "other", label: "Other", keys: ["a"], run: () => void ran.push("other") }],
    });
    keys.handle(press("a"), document.body, false);
    off();
    keys.handle(press("a"), document.body, false);
    expect(ran).toEqual(["other", "approve"]);
  });
  test("a check box is no text field, a search box is", () => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox" });
    const search = Object.assign(document.createElement("input"), { type: "search" });
    expect([isTextField(box), isTextField(search)]).toEqual([false, true]);
  });
});
