// Many at once, back and forth, two drafts, corrections: the page with all its parts over the in-memory backend.
import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeBackend, type FakeOptions } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";
import { clearFilters, filters } from "./filters.svelte";
import { picks } from "./picks.svelte";

vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 25_000 };
let backend: FakeBackend;

async function open(options: FakeOptions = {}) {
  backend = new FakeBackend({ filled: true, delay: 1, ...options });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await screen.findByTestId("editor", undefined, patience);
  await waitFor(() => expect(screen.getAllByTestId("queue-row").length).toBeGreaterThan(5), patience);
}
const desk = () => Number(screen.getByTestId("desk").dataset["item"]);
const boxes = () => screen.getAllByTestId<HTMLInputElement>("pick");
const row = (at: number) => screen.getAllByTestId("queue-row")[at] as HTMLElement;
const key = (k: string, more = {}) =>
  fireEvent.keyDown(document.body, { key: k, code: `Key${k.toUpperCase()}`, ...more });
const shift = { shiftKey: true };
const states = (ids: number[]) => ids.map((id) => backend.items.get(id)?.state);

afterEach(cleanup);
beforeEach(() => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false, intent: null });
  picks.clear();
  filters.tab = "waiting";
  clearFilters();
});

test("a stretch is chosen by Shift and a click, kept while the list changes, approved as one step, and taken back by one", async () => {
  await open();
  const ids = [0, 1, 2, 3].map((at) => Number(row(at).dataset["item"]));
  await fireEvent.click(boxes()[0] as HTMLElement);
  await fireEvent.click(row(3), shift);
  await waitFor(() => expect(picks.items).toEqual(ids));
  expect(desk(), "a click that chooses opens nothing").toBe(ids[0]);
  backend.changed({ queue: true });
  await waitFor(() => expect(boxes().filter((b) => b.checked)).toHaveLength(4), patience);

  await key("A", shift);
  expect((await screen.findByTestId("bulk-will", undefined, patience)).textContent).toContain("3");
  const left = screen.getAllByTestId("bulk-left-out");
  expect(
    left.map((l) => l.dataset["why"]),
    "Adaeze holds the third one",
  ).toEqual(["held"]);
  await fireEvent.click(screen.getByTestId("bulk-confirm"));
  await waitFor(() => expect(picks.size).toBe(0), patience);
  const [first = 0, , free = 0, last = 0] = ids;
  await waitFor(() => expect(states([first, last])).toEqual(["approved", "approved"]), patience);
  expect(backend.items.get(free)?.decision, "what Adaeze holds stays as it is").toBeNull();
  await waitFor(() => expect(ids).not.toContain(desk()), patience);
  const toast = (await screen.findByTestId("toast")).textContent;
  expect(toast).toContain("3 approved");
  expect(toast, "what was known to be bad is told afterwards").toContain("1 known-bad request");

  await key("u");
  await waitFor(() => expect(desk()).toBe(first), patience);
  expect(backend.items.get(last)?.decision, "all of it is taken back").toBeNull();
});

test("a rejection of many asks for reasons by number", async () => {
  await open();
  const ids = [4, 5].map((at) => Number(row(at).dataset["item"]));
  for (const at of [4, 5]) await fireEvent.click(boxes()[at] as HTMLElement);
  await key("X", shift);
  const dialog = await screen.findByTestId("bulk-dialog", undefined, patience);
  await within(dialog).findByTestId("reason-1", undefined, patience);
  await fireEvent.click(screen.getByTestId("bulk-confirm"));
  expect(dialog.textContent, "not without a reason").toContain("Choose a reason");
  await fireEvent.keyDown(dialog, { key: "1" });
  await fireEvent.keyDown(dialog, { key: "2" });
  await fireEvent.keyDown(dialog, { key: "Enter" });
  await waitFor(() => expect(states(ids)).toEqual(["rejected", "rejected"]), patience);
  expect(backend.items.get(ids[0] ?? 0)?.decision?.reasons).toHaveLength(2);
});

test("the last steps tell how long they can be taken back, and redo is one click", async () => {
  await open();
  const first = desk();
  await key("a");
  await waitFor(() => expect(screen.getByTestId("undo-left").textContent).toMatch(/^\d+ s$/), patience);
  await key("u");
  await waitFor(() => expect(desk()).toBe(first), patience);
  await fireEvent.click(await screen.findByTestId("redo", undefined, patience));
  await waitFor(() => expect(states([first])).toEqual(["approved"]), patience);
  await key("y", { ctrlKey: true });
  await waitFor(() => expect(screen.getByTestId("toast").dataset["kind"]).toBe("problem"), patience);
});

test("two drafts are compared without their names, and one draft alone is told", async () => {
  await open();
  const id = desk();
  await key("c");
  await waitFor(() => expect(screen.getByTestId("toast").textContent).toContain("only one draft"), patience);
  await key("r");
  await screen.findByTestId("draft-2", undefined, patience);
  await key("c");
  const dialog = await screen.findByTestId("compare-dialog", undefined, patience);
  await within(dialog).findByTestId("compare-first", undefined, patience);
  expect(dialog.textContent).not.toMatch(/Draft [12]\b|%/);
  await fireEvent.keyDown(dialog, { key: "2" });
  await waitFor(() => expect(backend.steps.preferences).toHaveLength(1), patience);
  const kept = backend.steps.preferences[0];
  expect(kept?.choice).toBe("second");
  await waitFor(() => expect(backend.items.get(id)?.draft).toBe(kept?.second), patience);
});

test("what is out is corrected from the desk, and not by the same text", async () => {
  await open();
  await fireEvent.click(screen.getByTestId("tab-decided"));
  const out = () => screen.getAllByTestId("queue-row").find((r) => r.dataset["state"] === "delivered");
  await waitFor(() => expect(out()).toBeDefined(), patience);
  const id = Number(out()?.dataset["item"]);
  await fireEvent.click(out() as HTMLElement);
  await screen.findByTestId("correct", undefined, patience);
  const taken: string[] = [];
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: { writeText: async (words: string) => void taken.push(words) },
  });
  await fireEvent.click(screen.getByTestId("copy-approved"));
  await waitFor(() => expect(screen.getByTestId("copy-approved").textContent).toContain("Copied"));
  expect(taken, "the text that was approved").toEqual([screen.getByTestId<HTMLTextAreaElement>("editor").value]);
  await fireEvent.click(screen.getByTestId("correct"));
  const text = await screen.findByTestId<HTMLTextAreaElement>("correct-text", undefined, patience);
  expect(text.value.length).toBeGreaterThan(10);
  await fireEvent.click(screen.getByTestId("correct-send"));
  expect(backend.calls).not.toContain("correction_send");
  await fireEvent.input(text, { target: { value: "The right words." } });
  await fireEvent.click(screen.getByTestId("correct-send"));
  await waitFor(() => expect(backend.items.get(id)?.decision?.text).toBe("The right words."), patience);
});

test("a word about pace is said once, and can be switched off for good", async () => {
  await open();
  // A key that comes before the next item is painted is swallowed.
  await waitFor(
    async () => {
      await key("a");
      screen.getByTestId("pace");
    },
    { timeout: 50_000, interval: 20 },
  );
  const word = await screen.findByTestId("pace", undefined, patience);
  expect(word.dataset["word"]).toBe("fast");
  await fireEvent.click(screen.getByTestId("pace-never"));
  await waitFor(() => expect(backend.settings.paceWords).toBe(false), patience);
  expect(screen.queryByTestId("pace")).toBeNull();
});
