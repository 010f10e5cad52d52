import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend, type FakeOptions } from "../dev/fake-backend";
import App from "./App.svelte";
import { app } from "./app.svelte";

let backend: FakeBackend;
async function open(options: FakeOptions) {
  backend = new FakeBackend({ delay: 1, ...options });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await screen.findByTestId("rail-review");
}
const go = (id: string) => fireEvent.click(screen.getByTestId(id));
const soon = { timeout: 6000 };
afterEach(cleanup);
beforeEach(() => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], notices: [], walk: null });
  app.overviewPlace = null;
  app.stale.queue = 0;
});

test("a threshold that is tried changes the replay, and its items open in Review", { timeout: 20_000 }, async () => {
  await open({ filled: true });
  await go("rail-overview");
  const show = await screen.findByTestId("replay-show", {}, soon);
  const before = screen.getByTestId("replay").textContent;
  await fireEvent.change(screen.getByTestId("what-if-threshold"), { target: { value: "70" } });
  await waitFor(() => expect(screen.getByTestId("replay").textContent).not.toBe(before), soon);
  await fireEvent.click(show);
  await fireEvent.click((await screen.findAllByTestId("replay-item", {}, soon))[0]!);
  await screen.findByTestId("walk", {}, soon);
  await waitFor(() => expect(Number(screen.getByTestId("desk").dataset["item"])).toBeGreaterThanOrEqual(10_000), soon);
});

test("the report of a move is kept as a document of its own", { timeout: 20_000 }, async () => {
  await open({ filled: true });
  await go("rail-overview");
  await fireEvent.click((await screen.findAllByTestId("report", {}, soon))[0]!);
  await screen.findByTestId("report-paper", {}, soon);
  await go("report-save");
  await waitFor(() => expect(backend.levels.saved).toHaveLength(1), soon);
  expect(backend.levels.saved[0]?.html).toContain("Two weeks without a wrong fact");
  await waitFor(() => expect((screen.getByTestId("report-print") as HTMLButtonElement).disabled).toBe(false), soon);
  await go("report-print");
  await waitFor(() => expect(backend.levels.printed).toBe(1), soon);
});

test("a second look is blind, and its verdict is stored", { timeout: 20_000 }, async () => {
  await open({ filled: true });
  app.goTo("review", "audits");
  const banner = await screen.findByTestId("second-look", {}, soon);
  expect(banner.dataset["kind"]).toBe("audit");
  const id = Number(screen.getByTestId("desk").dataset["item"]);
  await fireEvent.keyDown(document.body, { key: "a" });
  await waitFor(() => expect(backend.items.get(id)?.audit).toBeNull(), soon);
  expect(backend.found.at(-1)).toEqual({ order: "priority", filtered: false, picked: false });
});

test("a fall stands on top until it is seen", { timeout: 20_000 }, async () => {
  await open({ filled: true, fallen: true });
  await screen.findByTestId("fall-banner", {}, soon);
  expect(screen.getByTestId("bell").dataset["unseen"]).toBe("3");
  await go("fall-seen");
  await waitFor(() => expect(screen.queryByTestId("fall-banner")).toBeNull(), soon);
});
