import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeBackend } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";
import { forgetFilters } from "./filters.svelte";

let backend: FakeBackend;
async function open() {
  backend = new FakeBackend({ delay: 1, filled: true });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await screen.findByTestId("editor");
}
const choose = async (id: string, value: string) => {
  const select = (await screen.findByTestId(id)) as HTMLSelectElement;
  await waitFor(() => expect([...select.options].map((o) => o.value)).toContain(value));
  await fireEvent.change(select, { target: { value } });
};
const click = async (id: string) => fireEvent.click(await screen.findByTestId(id));
const chips = () => Array.from(document.querySelectorAll("[data-testid^='chip-']"), (e) => e.textContent?.trim() ?? "");
const total = () => screen.getByTestId("queue-total").textContent ?? "";
/** Leaves the page as one person and comes back as another. */
async function comeBackAs(person: string) {
  await click("rail-overview");
  backend.settings.person = person;
  app.settings = { ...app.settings, person };
  await click("rail-review");
  await screen.findByTestId("queue-total");
}

// A busy machine draws slowly.
vi.setConfig({ testTimeout: 60_000 });
configure({ asyncUtilTimeout: 10_000 });
afterEach(cleanup);
beforeEach(() => {
  forgetFilters();
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false, intent: null });
});

test("filters combine, are chips that can be taken away, and what they leave out is said", async () => {
  await open();
  await waitFor(() => expect(total()).toMatch(/^[1-9]\d* requests/));
  const all = Number(/^\d+/.exec(total())?.[0]);
  await click("filters");
  await choose("slice", "=delivery");
  await choose("confidence-from", "0.8");
  await waitFor(() => expect(chips()).toEqual(["delivery", "confidence 80 % to 100 %"]));
  const shown = () => Number(/^\d+/.exec(total())?.[0]);
  await waitFor(() => expect(shown()).toBeLessThan(all));
  expect(total()).toMatch(new RegExp(`^\\d+ of ${all} requests`));
  const both = shown();
  await click("chip-confidence");
  await waitFor(() => expect(Number(/^\d+/.exec(total())?.[0])).toBeGreaterThan(both));
  expect(chips()).toEqual(["delivery"]);
  await click("chip-slice");
  await waitFor(() => expect(total()).toMatch(new RegExp(`^${all} requests`)));
  expect(screen.queryByTestId("chips")).toBeNull();
});

test("each person finds the filters as they left them", async () => {
  await open();
  await click("filters");
  await choose("slice", "=repair");
  await click("tab-all");
  await waitFor(() => expect(chips()).toEqual(["All", "repair"]));
  await comeBackAs("Adaeze");
  expect(chips(), "hers are not these").toEqual([]);
  await comeBackAs("Mina Kim");
  await waitFor(() => expect(chips()).toEqual(["All", "repair"]));
  await click("chips-clear");
  await waitFor(() => expect(chips()).toEqual([]));
});

test("a search shows where it found the words, newest first, and the desk goes on among the finds", async () => {
  await open();
  const search = await screen.findByTestId("search");
  await fireEvent.input(search, { target: { value: "사이즈" } });
  await waitFor(() => expect(chips()).toEqual(["“사이즈”"]));
  const found = await screen.findAllByTestId("found");
  expect(found[0]?.querySelector("mark")?.textContent).toBe("사이즈");
  const ids = screen.getAllByTestId("queue-row").map((row) => Number(row.dataset["item"]));
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  expect(total()).toContain("Newest first");
  await fireEvent.input(search, { target: { value: "nothing has these words" } });
  await waitFor(() => expect(total()).toMatch(/^0 of /));
  await click("chip-text");
  await waitFor(() => expect(chips()).toEqual([]));
  expect((search as HTMLInputElement).value).toBe("");
});

test("the end of the queue says what was done and what still waits elsewhere", async () => {
  await open();
  await fireEvent.keyDown(document.body, { key: "a" });
  await fireEvent.input(await screen.findByTestId("search"), { target: { value: "no such words" } });
  await waitFor(() => expect(total()).toMatch(/^0 of /));
  for (let i = 0; i < 4 && !screen.queryByTestId("queue-empty"); i += 1) {
    await fireEvent.keyDown(document.body, { key: "s" });
    await new Promise((ok) => setTimeout(ok, 60));
  }
  const end = await screen.findByTestId("queue-empty");
  expect(screen.getByTestId("end-waiting").textContent).toContain("outside of these filters");
  const words = screen.getAllByTestId("end-numbers").map((e) => e.textContent ?? "");
  expect(words).toHaveLength(2);
  expect(words[0]).toContain("Today");
  expect(words[1]).toContain("Since you sat down");
  expect(end.textContent).not.toContain("NaN");
});

test("a key decides the item that is seen, also while the decision before it is not kept yet", async () => {
  backend = new FakeBackend({ delay: 1, filled: true });
  const kept: (() => void)[] = [];
  mockIPC(async (command, args) => {
    if (command === "item_decide") await new Promise<void>((done) => kept.push(done));
    return backend.invoke(command, args);
  });
  render(App);
  await screen.findByTestId("editor");
  const item = () => screen.getByTestId("desk").getAttribute("data-item");
  const press = () => fireEvent.keyDown(document.body, { key: "a", code: "KeyA" });
  const first = item();
  await press();
  const another = (than: string | null) => {
    expect(item()).not.toBeNull();
    expect(item()).not.toBe(than);
  };
  await waitFor(() => another(first));
  const second = item();
  // Until it is painted the key is swallowed.
  await waitFor(async () => {
    if (item() === second) await press();
    another(second);
  });
  const decided = (id: string | null) => backend.items.get(Number(id))?.decision?.verdict;
  expect([kept.length, decided(first)], "the second one is sent when the first one is kept").toEqual([1, undefined]);
  kept[0]?.();
  await waitFor(() => expect([kept.length, decided(first)]).toEqual([2, "approve"]));
  kept[1]?.();
  await waitFor(() => expect([decided(first), decided(second)]).toEqual(["approve", "approve"]));
});

test("each of two decisions that were refused is told", async () => {
  backend = new FakeBackend({ delay: 1, filled: true });
  const refused: number[] = [];
  const refuse: (() => void)[] = [];
  mockIPC(async (command, args) => {
    if (command !== "item_decide") return backend.invoke(command, args);
    await new Promise<void>((done) => refuse.push(done));
    refused.push((args as { decision: { item: number } }).decision.item);
    throw { code: "stale", message: "somebody else has it" };
  });
  render(App);
  await screen.findByTestId("editor");
  const item = () => screen.getByTestId("desk").getAttribute("data-item");
  for (let pressed = 0; pressed < 2; pressed += 1) {
    const now = item();
    await waitFor(async () => {
      if (item() === now) await fireEvent.keyDown(document.body, { key: "a", code: "KeyA" });
      expect(item()).not.toBeNull();
      expect(item()).not.toBe(now);
    });
  }
  const opened = () => backend.calls.filter((command) => command === "item_open").length;
  const before = opened();
  refuse[0]?.();
  await waitFor(() => expect(refuse.length).toBe(2));
  refuse[1]?.();
  await waitFor(() => expect(refused.length).toBe(2));
  // Both are there before anybody looks.
  await waitFor(() => expect(opened()).toBe(before + 2));
  await new Promise((done) => setTimeout(done, 100));
  for (let told = 0; told < 2; told += 1) {
    const dialog = await screen.findByTestId("conflict");
    await fireEvent.click(dialog.querySelector("[data-autofocus]") as HTMLElement);
    await waitFor(() => expect(screen.queryByTestId("conflict")).not.toBe(dialog));
  }
  await waitFor(() => expect(screen.queryByTestId("conflict")).toBeNull());
});
