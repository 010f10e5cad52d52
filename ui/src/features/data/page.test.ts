import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeBackend, type FakeOptions } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";

const patience = { timeout: 10_000 };
let backend: FakeBackend;
async function open(options: FakeOptions = {}) {
  backend = new FakeBackend({ delay: 1, filled: true, ...options });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await fireEvent.click(await screen.findByTestId("rail-data", undefined, patience));
  await fireEvent.click(await screen.findByTestId("data-datasets"));
}
const find = (id: string) => screen.findByTestId(id, undefined, patience);
const versions = () => screen.findAllByTestId("dataset-version", undefined, patience);

// A busy machine draws slowly.
vi.setConfig({ testTimeout: 30_000 });
afterEach(cleanup);
beforeEach(() => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false, intent: null });
});

test("before the first version the page says what it is for and offers the form", async () => {
  await open({});
  backend.datasets.versions = [];
  backend.changed({ activity: true });
  const none = await find("datasets-none");
  expect(none.textContent).toContain("No version yet");
  await fireEvent.click(within(none).getByRole("button"));
  await find("dataset-form");
});

test("the count follows the selection and says what is left out and why", async () => {
  await open();
  await fireEvent.click(await find("dataset-open"));
  const count = await find("dataset-count");
  await waitFor(() => expect(count.textContent).toContain("to imitate"), patience);
  const all = count.textContent;
  await fireEvent.click(await find("dataset-verdict-reject"));
  await waitFor(() => expect(count.textContent).toContain("of another verdict"), patience);
  expect(count.textContent).not.toBe(all);
  expect((await find("dataset-left-out")).textContent).toContain("went out alone, and nobody has looked at it");
});

test("real rows of each format are shown", async () => {
  await open();
  await fireEvent.click(await find("dataset-open"));
  await fireEvent.click(await find("dataset-format-csv"));
  await fireEvent.click(await find("dataset-preview-run"));
  const preview = await find("dataset-preview");
  await waitFor(() => expect(within(preview).getAllByRole("tab").length).toBe(4), patience);
  expect(preview.textContent).toContain('"messages"');
});

test("a version is frozen, with its progress, and stands on top", async () => {
  await open();
  expect((await versions()).length).toBe(2);
  await fireEvent.click(await find("dataset-open"));
  await fireEvent.click(await find("dataset-make"));
  await find("dataset-progress");
  await waitFor(async () => expect((await versions()).length).toBe(3), patience);
  expect((await versions())[0]?.textContent).toContain("Version 3");
  expect(screen.queryByTestId("dataset-form")).toBeNull();
  expect((await find("toast")).textContent).toContain("Version 3 is frozen");
});

test("without a format nothing is made, and it is said why", async () => {
  await open();
  await fireEvent.click(await find("dataset-open"));
  for (const format of backend.datasets.versions[0]?.version.recipe.formats ?? [])
    await fireEvent.click(await find(`dataset-format-${format}`));
  await fireEvent.click(await find("dataset-make"));
  expect((await find("dataset-form")).textContent).toContain("Choose at least one format.");
  expect(backend.calls).not.toContain("dataset_make");
});

test("a version that is stopped is none", async () => {
  await open();
  await fireEvent.click(await find("dataset-open"));
  await fireEvent.click(await find("dataset-make"));
  const progress = await find("dataset-progress");
  await fireEvent.click(within(progress).getByRole("button"));
  await waitFor(() => expect(screen.queryByTestId("dataset-progress")).toBeNull(), patience);
  expect(backend.datasets.versions.length).toBe(2);
  expect(screen.queryByTestId("toast")).toBeNull();
});

test("two versions are compared, also by what was asked for", async () => {
  await open();
  const card = await find("dataset-compare");
  await waitFor(() => expect(card.textContent).toContain("recipe.nearDuplicates"), patience);
  expect(Number((await find("dataset-compare-added")).textContent)).toBeGreaterThan(0);
});

test("a version is written again and its files are seen", async () => {
  await open();
  const card = within((await versions())[0] as HTMLElement);
  await fireEvent.click(card.getByTestId("dataset-details"));
  expect((await find("dataset-detail")).textContent).toContain("9f86d081884c7d65");
  await fireEvent.click(card.getByTestId("dataset-again"));
  await fireEvent.click(await find("dataset-again-run"));
  await waitFor(() => expect(backend.datasets.versions[0]?.version.copies.length).toBe(2), patience);
  expect((await find("toast")).textContent).toContain("to the byte");
});

test("from a row to its item, and an admin purges it with a reason", async () => {
  await open();
  const row = backend.datasets.versions[0]?.rows[0];
  await fireEvent.input(await find("dataset-trace-named"), { target: { value: `d${row?.decision}` } });
  await fireEvent.click(await find("dataset-trace-find"));
  const traced = await find("dataset-traced");
  expect(traced.textContent).toContain(`Item ${row?.item}`);
  await fireEvent.click(await find("dataset-purge"));
  await fireEvent.click(await find("dataset-purge-run"));
  expect((await find("dataset-purge-dialog")).textContent).toContain("Say why.");
  await fireEvent.input(await find("dataset-purge-why"), { target: { value: "they asked" } });
  await fireEvent.click(await find("dataset-purge-run"));
  expect((await find("dataset-purged")).textContent).toContain("These files still have it");
  expect(backend.datasets.purged.get(row?.item ?? 0)).toBe("they asked");
});

test("a row that there is not is told, and a reviewer does not purge", async () => {
  await open({ settings: { role: "reviewer" } });
  await fireEvent.input(await find("dataset-trace-named"), { target: { value: "d999999" } });
  await fireEvent.click(await find("dataset-trace-find"));
  await waitFor(async () => expect((await find("dataset-trace")).textContent).toContain("d999999"), patience);
  await fireEvent.input(await find("dataset-trace-named"), { target: { value: "151" } });
  await fireEvent.click(await find("dataset-trace-find"));
  await find("dataset-traced");
  expect((await find("dataset-purge")) as HTMLButtonElement).toHaveProperty("disabled", true);
});
