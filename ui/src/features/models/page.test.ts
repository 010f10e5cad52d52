import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeBackend, type FakeOptions } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";

const patience = { timeout: 10_000 };
let backend: FakeBackend;
async function open(options: FakeOptions = { filled: true }) {
  backend = new FakeBackend({ delay: 1, ...options });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await fireEvent.click(await screen.findByTestId("rail-models"));
}
const cards = () => screen.findAllByTestId("model-row");
async function own() {
  await waitFor(async () => expect((await cards()).length).toBe(2));
  return within((await cards())[1] as HTMLElement);
}

// A busy machine draws slowly.
vi.setConfig({ testTimeout: 30_000 });
afterEach(cleanup);
beforeEach(() => {
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false, intent: null });
});

test("a model that is dropped opens the form with its path, from any page", async () => {
  await open();
  await fireEvent.click(screen.getByTestId("rail-activity"));
  backend.emit({ type: "dropped", data: { what: "model", data: "/home/mina/small.gguf" } });
  const path = (await screen.findByTestId("model-path")) as HTMLInputElement;
  await waitFor(() => expect(path.value).toBe("/home/mina/small.gguf"));
  expect((await screen.findByTestId("model-look")).textContent).toContain("Licence unknown");
  await fireEvent.click(screen.getByTestId("model-import"));
  await waitFor(() => expect(backend.models.at(-1)?.path).toBe("/home/mina/small.gguf"));
});

test("a second drop takes the place of the first; what is no model is told", async () => {
  await open();
  backend.emit({ type: "dropped", data: { what: "model", data: "/a.gguf" } });
  const path = (await screen.findByTestId("model-path")) as HTMLInputElement;
  backend.emit({ type: "dropped", data: { what: "model", data: "/b.gguf" } });
  await waitFor(() => expect(path.value).toBe("/b.gguf"));
  backend.emit({ type: "dropped", data: { what: "other", data: "list.csv" } });
  expect((await screen.findByTestId("toast")).textContent).toContain("list.csv");
  expect(path.value).toBe("/b.gguf");
});

test("a file is dropped before there is any use case", async () => {
  await open({});
  backend.emit({ type: "dropped", data: { what: "model", data: "/a.gguf" } });
  expect(((await screen.findByTestId("model-path")) as HTMLInputElement).value).toBe("/a.gguf");
});

test("measuring shows how far it is and then what came of it", async () => {
  await open();
  const starter = within((await cards())[0] as HTMLElement);
  expect(starter.getByTestId("model-measured").textContent).toContain("Not measured");
  await fireEvent.click(starter.getByTestId("model-measure"));
  await starter.findByTestId("model-job");
  await waitFor(() => expect(starter.getByTestId("model-measured").textContent).toContain("drafts a minute"), patience);
});

test("a measurement goes on while another page is shown, and can be stopped", async () => {
  await open();
  let model = await own();
  await fireEvent.click(model.getByTestId("model-measure"));
  await model.findByTestId("model-job");
  await fireEvent.click(screen.getByTestId("rail-activity"));
  await fireEvent.click(screen.getByTestId("rail-models"));
  model = await own();
  const job = within(await model.findByTestId("model-job"));
  await fireEvent.click(job.getByRole("button"));
  await waitFor(() => expect(model.queryByTestId("model-job")).toBeNull());
  expect(backend.calls).toContain("job_cancel");
});

test("verifying says that the file is the same, or that it is not", async () => {
  await open();
  const model = await own();
  await fireEvent.click(model.getByTestId("model-verify"));
  expect((await screen.findByTestId("toast", {}, patience)).textContent).toContain("still the same");
  const entry = backend.models[1];
  if (entry) entry.trouble = "The file is no longer what it was.";
  await fireEvent.click(model.getByTestId("model-verify"));
  await waitFor(
    async () => expect((await own()).getByTestId("model-checked").textContent).toContain("No longer"),
    patience,
  );
});

test("a file is deleted only after it was named and chosen; the starter's never", async () => {
  await open();
  const used = within((await cards())[0] as HTMLElement);
  expect((used.getByTestId("model-remove") as HTMLButtonElement).disabled).toBe(true);
  const model = await own();
  await fireEvent.click(model.getByTestId("model-remove"));
  expect(screen.queryByTestId("model-delete-warning")).toBeNull();
  await fireEvent.click(await screen.findByTestId("model-delete-file"));
  expect((await screen.findByTestId("model-delete-warning")).textContent).toContain("398 MB");
  await fireEvent.click(screen.getByTestId("model-remove-confirm"));
  await waitFor(() => expect(backend.models.length).toBe(1));
  expect(backend.activity[0]?.kind).toBe("model_deleted");
});

test("nothing can be downloaded until the setting is on, and then a name is wanted first", async () => {
  await open();
  await fireEvent.click(await screen.findByTestId("model-download"));
  expect((await screen.findByTestId("hub-off")).textContent).toContain("asks no host");
  expect(screen.queryByTestId("hub-name")).toBeNull();
  await fireEvent.click(screen.getByTestId("hub-settings"));
  await fireEvent.click(await screen.findByTestId("settings-hub"));
  await fireEvent.click(screen.getByTestId("settings-save"));
  await waitFor(() => expect(app.settings.hub.on).toBe(true));
  await fireEvent.click(screen.getByTestId("rail-models"));
  await fireEvent.click(await screen.findByTestId("model-download"));
  expect((await screen.findByTestId("hub")).textContent).toContain("hub.example");
  await fireEvent.click(screen.getByTestId("hub-start"));
  expect(backend.calls).not.toContain("hub_download");
  await fireEvent.input(screen.getByTestId("hub-name"), { target: { value: "mina/missing/small.gguf" } });
  await fireEvent.click(screen.getByTestId("hub-start"));
  expect((await screen.findByTestId("hub-error", {}, patience)).textContent).toContain("no such file");
  await fireEvent.click(await screen.findByTestId("hub-go-on"));
  await waitFor(() => expect(backend.models.at(-1)?.origin).toContain("small-1.5b"), patience);
});
