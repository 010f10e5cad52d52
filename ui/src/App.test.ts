import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
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
const press = (key: string, more: KeyboardEventInit = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
const onDesk = () => Number(screen.getByTestId("desk").dataset["item"]);

afterEach(cleanup);
beforeEach(() => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false });
  app.stale.queue = 0;
});

test("one click on the sample leads to the first draft", async () => {
  await open({});
  await fireEvent.click(await screen.findByTestId("try-sample"));
  const editor = await screen.findByTestId("editor", {}, { timeout: 4000 });
  expect((editor as HTMLTextAreaElement).value).not.toBe("");
});

test("A approves, U takes back, X 1 Enter rejects for a reason", async () => {
  await open({ filled: true });
  await screen.findByTestId("editor");
  const first = onDesk();
  await press("a");
  await waitFor(() => expect(backend.items.get(first)?.decision?.verdict).toBe("approve"));
  await waitFor(() => expect(onDesk()).not.toBe(first));
  expect((await screen.findByTestId("toast")).textContent).toContain("Approved");
  await press("u");
  await waitFor(() => expect(onDesk()).toBe(first));
  await press("x");
  await fireEvent.keyDown(await screen.findByTestId("reason-1"), { key: "1" });
  await fireEvent.keyDown(screen.getByTestId("reason-1"), { key: "Enter" });
  await waitFor(() =>
    expect(backend.items.get(first)?.decision).toMatchObject({ verdict: "reject", reasons: ["wrong"] }),
  );
});

test("letters typed into the draft decide nothing, and the button says that approving is an edit", async () => {
  await open({ filled: true });
  const editor = (await screen.findByTestId("editor")) as HTMLTextAreaElement;
  const id = onDesk();
  editor.focus();
  await press("a");
  await fireEvent.input(editor, { target: { value: "안녕하세요" } });
  expect(backend.items.get(id)?.decision).toBeNull();
  expect(screen.getByTestId("approve").dataset["verdict"]).toBe("edit");
  expect(screen.getByTestId("approve").textContent).toContain("Approve edit");
  await press("Enter", { ctrlKey: true });
  await waitFor(() => expect(backend.items.get(id)?.decision).toMatchObject({ verdict: "edit", text: "안녕하세요" }));
});

test("T shows the tokens, whose arrows move no request, and T leads back to the text", async () => {
  await open({ filled: true });
  await screen.findByTestId("editor");
  const id = onDesk();
  await press("t");
  const list = await screen.findByTestId("token-list");
  const before = screen.getByTestId("token-sentence").textContent;
  expect(list.textContent.replaceAll("↵", "")).toBe(backend.items.get(id)?.drafts[0]?.text);
  await fireEvent.keyDown(list, { key: "ArrowRight" });
  await fireEvent.keyDown(list, { key: "ArrowDown" });
  expect(screen.getByTestId("token-sentence").textContent).not.toBe(before);
  expect(onDesk()).toBe(id);
  await press("t");
  expect(await screen.findByTestId("editor")).toBeTruthy();
  await press("t");
  await press("a");
  await waitFor(() => expect(backend.items.get(id)?.decision?.verdict).toBe("approve"));
});

test("the language changes at once, everywhere", async () => {
  await open({ filled: true });
  await screen.findByTestId("editor");
  await fireEvent.click(screen.getByTestId("language"));
  await waitFor(() => expect(screen.getByTestId("approve").textContent).toContain("승인"));
  expect(screen.getByTestId("level-badge").textContent).toContain("걷기");
  await fireEvent.click(screen.getByTestId("language"));
  await waitFor(() => expect(screen.getByTestId("approve").textContent).toContain("Approve"));
});

test("raising the level needs a reason; a reviewer may not raise at all", async () => {
  await open({ filled: true });
  await fireEvent.click(screen.getByTestId("rail-overview"));
  await fireEvent.click(await screen.findByTestId("raise"));
  await fireEvent.click(await screen.findByTestId("move-confirm"));
  expect(backend.calls).not.toContain("level_move");
  await fireEvent.input(screen.getByTestId("move-reason"), { target: { value: "clean audits" } });
  await screen.findByTestId("move-override");
  await fireEvent.click(screen.getByTestId("move-confirm"));
  expect(backend.calls, "the evidence is not enough").not.toContain("level_move");
  await fireEvent.click(screen.getByTestId("move-override"));
  await fireEvent.click(screen.getByTestId("move-confirm"));
  await waitFor(() => expect(screen.getByTestId("level-badge").dataset["level"]).toBe("run"));
  expect((await screen.findAllByTestId("overridden"))[0]?.textContent).toContain("without evidence");
  await fireEvent.click(screen.getByTestId("lower"));
  await waitFor(() => expect(screen.getByTestId("level-badge").dataset["level"]).toBe("walk"));
});

test("a reviewer sees why raising is closed to them", async () => {
  await open({ filled: true, settings: { role: "reviewer" } });
  await fireEvent.click(screen.getByTestId("rail-overview"));
  expect(((await screen.findByTestId("raise")) as HTMLButtonElement).disabled).toBe(true);
  expect(screen.getByText(/Only an admin may raise/)).toBeTruthy();
});

test("the palette finds an action by its words", async () => {
  await open({ filled: true });
  await screen.findByTestId("editor");
  await press("k", { ctrlKey: true });
  const palette = within(await screen.findByTestId("palette"));
  const query = palette.getByRole("combobox");
  await fireEvent.input(query, { target: { value: "export" } });
  await fireEvent.keyDown(query, { key: "Enter" });
  await screen.findByTestId("export-format");
});

test("trouble stands on top of every page until it is over", async () => {
  await open({ filled: true, trouble: { what: "disk_full", message: "Free some space." } });
  expect((await screen.findByTestId("trouble")).textContent).toContain("The disk is full");
  backend.emit({ type: "trouble", data: null });
  await waitFor(() => expect(screen.queryByTestId("trouble")).toBeNull());
});

test("whoever works in the window is noticed, once in a while", async () => {
  let told = 0;
  await open({ filled: true });
  mockIPC((command, args) => {
    told += Number(command === "person_active");
    return backend.invoke(command, args);
  });
  const later = vi.spyOn(performance, "now");
  later.mockReturnValue(performance.now() + 60_000);
  await fireEvent.pointerDown(document.body);
  await press("ArrowDown");
  await fireEvent.wheel(document.body);
  expect(told).toBe(1);
  later.mockReturnValue(performance.now() + 6_000);
  await fireEvent.wheel(document.body);
  expect(told).toBe(2);
  later.mockRestore();
});
