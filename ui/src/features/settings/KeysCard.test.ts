import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";
import { KEY_ACTIONS } from "../../keymap";

let backend: FakeBackend;
const press = (key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
async function ask(action: string): Promise<void> {
  const button = screen.getByTestId(`key-change-${action}`);
  button.focus();
  await fireEvent.click(button);
}
const rowOf = (action: string) => screen.getByTestId(`key-row-${action}`).textContent;

beforeEach(async () => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false });
  backend = new FakeBackend({ filled: true, delay: 1 });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await fireEvent.click(await screen.findByTestId("rail-settings"));
  await screen.findByTestId("keys-card");
});
afterEach(cleanup);

test("a changed key is kept, starts its action, and stands in the bar, the key sheet and the palette", async () => {
  expect(document.querySelectorAll("[data-testid^=key-row-]").length).toBe(KEY_ACTIONS.length);
  await ask("approve");
  await press("b");
  await waitFor(() => expect(backend.settings.keys).toEqual({ approve: "b" }));
  await waitFor(() => expect(rowOf("approve")).toContain("B"));
  await fireEvent.click(screen.getByTestId("rail-review"));
  await screen.findByTestId("editor");
  expect(screen.getByTestId("approve").textContent).toContain("B");
  expect(screen.getByTestId("approve").title).toBe("Approve (B)");
  await press("?");
  const line = [...(await screen.findByTestId("key-sheet")).querySelectorAll("dl > div")].find((d) =>
    d.textContent.startsWith("Approve"),
  );
  expect(line?.querySelector("kbd")?.textContent).toBe("B");
  document.querySelector("dialog")?.remove();
  const id = Number(screen.getByTestId("desk").dataset["item"]);
  await press("a");
  await new Promise((ok) => setTimeout(ok, 30));
  expect(backend.items.get(id)?.decision, "the old key starts nothing").toBeNull();
  await press("b");
  await waitFor(() => expect(backend.items.get(id)?.decision?.verdict).toBe("approve"));
}, 30_000);

test("a key of another action is refused with that action's name, and the question stays open", async () => {
  await ask("edit");
  await press("a");
  expect((await screen.findByTestId("key-problem")).textContent).toContain("A is the key of “Approve”");
  await press("1");
  expect(screen.getByTestId("key-problem").textContent).toContain("Only the letters");
  await press("q", { ctrlKey: true });
  expect(screen.getByTestId("key-problem").textContent).toContain("without Ctrl");
  expect(backend.calls).not.toContain("settings_save");
  await press("Escape");
  expect(screen.queryByTestId("key-problem")).toBeNull();
  await press("q");
  await new Promise((ok) => setTimeout(ok, 30));
  expect(backend.calls, "nobody asked any more").not.toContain("settings_save");
}, 30_000);

test("one key is reset, then all; what was given up can be taken; a key asked for starts nothing else", async () => {
  await ask("keys");
  await press("h");
  await waitFor(() => expect(backend.settings.keys).toEqual({ keys: "h" }));
  await ask("reject");
  await press("ㅠ", { code: "KeyB" });
  await waitFor(() => expect(backend.settings.keys).toEqual({ keys: "h", reject: "b" }));
  await ask("skip");
  await press("h");
  expect((await screen.findByTestId("key-problem")).textContent).toContain("Show the keys");
  expect(screen.queryByTestId("key-sheet"), "h did not open the sheet").toBeNull();
  await press("Escape");
  await fireEvent.click(screen.getByTestId("key-reset-keys"));
  await waitFor(() => expect(backend.settings.keys).toEqual({ reject: "b" }));
  await ask("skip");
  await press("x");
  await waitFor(() => expect(backend.settings.keys).toEqual({ reject: "b", skip: "x" }));
  await fireEvent.click(screen.getByTestId("key-reset-reject"));
  expect((await screen.findByTestId("key-problem")).textContent).toContain("X is the key of “Skip”");
  await fireEvent.click(screen.getByTestId("keys-reset"));
  await waitFor(() => expect(backend.settings.keys).toEqual({}));
}, 30_000);

test("the form of the settings keeps the keys, and each person has their own", async () => {
  await ask("approve");
  await press("b");
  await waitFor(() => expect(backend.settings.keys).toEqual({ approve: "b" }));
  await fireEvent.click(screen.getByTestId("settings-save"));
  await waitFor(() => expect(backend.calls.filter((c) => c === "settings_save").length).toBe(2));
  expect(backend.settings.keys).toEqual({ approve: "b" });
  const name = screen.getByTestId("settings-person");
  await fireEvent.input(name, { target: { value: "Adaeze Obi" } });
  await fireEvent.click(screen.getByTestId("settings-save"));
  await waitFor(() => expect(backend.settings.person).toBe("Adaeze Obi"));
  await waitFor(() => expect(rowOf("approve")).not.toContain("B"));
  await fireEvent.input(name, { target: { value: "Mina Kim" } });
  await fireEvent.click(screen.getByTestId("settings-save"));
  await waitFor(() => expect(rowOf("approve")).toContain("B"));
}, 30_000);
