import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeBackend } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";
import { isNothing, madeAt } from "./lib";

let backend: FakeBackend;
const rows = () => screen.getAllByTestId("backup");

beforeEach(async () => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false });
  backend = new FakeBackend({ filled: true, delay: 1 });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await fireEvent.click(await screen.findByTestId("rail-settings"));
  await waitFor(() => expect(rows().length).toBeGreaterThan(0));
});
afterEach(cleanup);

test("the newest are shown, the older ones on a click, and one more on another", async () => {
  expect(rows().length).toBe(6);
  await fireEvent.click(screen.getByTestId("backups-more"));
  expect(rows().length).toBe(9);
  await fireEvent.click(screen.getByTestId("backup-now"));
  await waitFor(() => expect(rows().length).toBe(10));
});

test("what is lost is said before a backup is put back, and where the rest is kept", async () => {
  const buttons = screen.getAllByTestId("backup-restore");
  await fireEvent.click(buttons[2] as HTMLElement);
  const loss = await screen.findByTestId("restore-loss");
  await waitFor(() => expect(loss.textContent).toContain("36 decisions"));
  expect(loss.textContent).toContain("72 requests");
  expect(loss.textContent).toContain("18 texts that went out since");
  await fireEvent.click(screen.getByTestId("restore-confirm"));
  await waitFor(() => expect(rows()[0]?.textContent).toContain("stood here before a restore"));
  expect(screen.queryByTestId("restore-dialog")).toBeNull();
});

test("a look at the database says that all is well", async () => {
  await fireEvent.click(screen.getByTestId("database-check"));
  expect((await screen.findByTestId("database-found")).textContent).toContain("2 things were looked at");
});

test("a backup without a time goes by its file, and nothing is nothing", () => {
  const unknown = { ...backend.backups.list[0], madeAt: null, name: "gait-x.db" };
  expect(madeAt(unknown as Parameters<typeof madeAt>[0], "en")).toBe("gait-x.db");
  expect(isNothing({ items: 0, decisions: 0, delivered: 0, since: null })).toBe(true);
  expect(isNothing({ items: 0, decisions: 1, delivered: 0, since: 5 })).toBe(false);
});
