// Korean (and every other script that is put together from several keys): while a syllable is being composed, no key of the
// window does anything, and what is composed is never lost.
import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend } from "../dev/fake-backend";
import App from "./App.svelte";
import { app } from "./app.svelte";

let backend: FakeBackend;
const onDesk = () => Number(screen.getByTestId("desk").dataset["item"]);
const decided = (id: number) => backend.items.get(id)?.decision?.verdict ?? null;
const press = (target: Element, key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(target, { key, ...more });
/** A key as an input method sends it: with the flag, or with the code that older ones send. */
const COMPOSING: [string, KeyboardEventInit][] = [
  ["isComposing", { isComposing: true }],
  ["keyCode 229", { keyCode: 229 }],
];

beforeEach(async () => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false });
  app.stale.queue = 0;
  backend = new FakeBackend({ filled: true, delay: 1 });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await screen.findByTestId("editor");
});
afterEach(cleanup);

test.each(COMPOSING)("no letter and no chord decides while a syllable is composed: %s", async (_, more) => {
  const id = onDesk();
  const editor = screen.getByTestId("editor") as HTMLTextAreaElement;
  editor.focus();
  await fireEvent.compositionStart(editor);
  for (const [key, chord] of [
    ["ㅁ", { code: "KeyA" }],
    ["Process", { code: "KeyA" }],
    ["Enter", { ctrlKey: true }],
    ["Escape", {}],
  ] as const)
    await press(editor, key, { ...chord, ...more });
  expect(decided(id)).toBeNull();
  expect(document.activeElement, "Esc ends the composition, not the writing").toBe(editor);
  // The syllable is whole: the chord approves all of it.
  await fireEvent.input(editor, { target: { value: "내일 보내 드릴게요" } });
  await fireEvent.compositionEnd(editor);
  await press(editor, "Enter", { ctrlKey: true });
  await waitFor(() => expect(backend.items.get(id)?.decision?.text).toBe("내일 보내 드릴게요"));
});

test.each(COMPOSING)("the Enter that ends a syllable in a rejection's note rejects nothing: %s", async (_, more) => {
  const id = onDesk();
  await press(document.body, "x");
  const note = await screen.findByTestId("reject-note");
  note.focus();
  await fireEvent.compositionStart(note);
  await fireEvent.input(note, { target: { value: "무례함" } });
  await press(note, "Enter", more);
  await press(note, "1", more);
  expect(decided(id)).toBeNull();
  expect(screen.getByTestId("reject-dialog")).toBeTruthy();
  await fireEvent.compositionEnd(note);
  await press(note, "Enter");
  await waitFor(() => expect(backend.items.get(id)?.decision).toMatchObject({ verdict: "reject", note: "무례함" }));
});

test("a dialog stays open while Esc ends a composition in it", async () => {
  await press(document.body, "x");
  const note = await screen.findByTestId("reject-note");
  const dialog = screen.getByTestId("reject-dialog");
  await fireEvent.compositionStart(note);
  await fireEvent(dialog, new Event("cancel", { cancelable: true }));
  expect(screen.queryByTestId("reject-dialog")).not.toBeNull();
  await fireEvent.compositionEnd(note);
  await fireEvent(dialog, new Event("cancel", { cancelable: true }));
  await waitFor(() => expect(screen.queryByTestId("reject-dialog")).toBeNull());
});

test.each(COMPOSING)("the palette chooses nothing while its query is composed: %s", async (_, more) => {
  await press(document.body, "k", { ctrlKey: true });
  const palette = await screen.findByTestId("palette");
  const query = palette.querySelector("input") as HTMLInputElement;
  await fireEvent.compositionStart(query);
  await press(query, "Enter", more);
  await press(query, "ArrowDown", more);
  expect(screen.queryByTestId("palette")).not.toBeNull();
  expect(query.getAttribute("aria-activedescendant")).toBe("command-0");
});

test("a Korean letter where no field has the focus is the key that it sits on", async () => {
  const id = onDesk();
  await press(document.body, "ㅁ", { code: "KeyA" });
  await waitFor(() => expect(decided(id)).toBe("approve"));
});
