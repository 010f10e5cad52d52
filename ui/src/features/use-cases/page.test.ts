import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeBackend, type FakeOptions } from "../../../dev/fake-backend";
import type { CharterView, HoldRulesView, Switches } from "../../api";
import App from "../../App.svelte";
import { app } from "../../app.svelte";
import { unsavedCharters, unsavedRules } from "./unsaved";

let backend: FakeBackend;
async function open(tab: string, options: FakeOptions = {}) {
  backend = new FakeBackend({ delay: 1, filled: true, ...options });
  mockIPC((command, args) => backend.invoke(command, args));
  render(App);
  await fireEvent.click(await screen.findByTestId("rail-use-cases"));
  await fireEvent.click(await screen.findByTestId("use-case-edit"));
  await fireEvent.click(await screen.findByTestId(`tab-${tab}`));
}
const ask = <T>(command: string) => backend.invoke(command, { useCase: 1 }) as Promise<T>;
const charter = async () => (await ask<CharterView>("charter_view")).versions[0];
const rules = () => ask<HoldRulesView>("hold_rules_view");
const switches = () => ask<Switches>("switches_view");
const field = (id: string) => screen.findByTestId(id) as Promise<HTMLInputElement>;
const type = async (id: string, value: string) => fireEvent.input(await field(id), { target: { value } });
const click = async (id: string) => fireEvent.click(await field(id));

// A busy machine draws slowly.
vi.setConfig({ testTimeout: 30_000 });
afterEach(cleanup);
beforeEach(() => {
  unsavedCharters.clear();
  unsavedRules.clear();
  Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false, intent: null });
});

test("a charter is kept as a new version with its note, and says before that the evidence goes on", async () => {
  await open("charter");
  await type("charter-who", "Customers in two countries");
  expect((await field("charter-warning")).textContent).toContain("The evidence goes on");
  await type("charter-note", "asked by the board");
  await click("charter-save");
  await waitFor(async () =>
    expect(await charter()).toMatchObject({
      n: 4,
      note: "asked by the board",
      charter: { risk: { who: "Customers in two countries" } },
    }),
  );
  await waitFor(() => expect(screen.queryByTestId("charter-bar")).toBeNull());
  expect(screen.getByTestId("charter-version").textContent).toContain("Version 4");
});

test("a change of ε says that the evidence begins anew, and then does", async () => {
  await open("charter");
  await type("charter-run-epsilon", "0.2");
  expect((await field("charter-warning")).textContent).toMatch(/ε of Run.*begins the evidence anew/);
  await click("charter-save");
  await waitFor(async () => expect((await charter())?.charter.limits.run.epsilon).toBe(0.002));
  await click("tab-history");
  const newest = within(await field("epochs")).getAllByRole("row")[1];
  expect(newest?.textContent).toContain("ε of Run 0.5 % → 0.2 %");
});

test("limits looser than the risk allows are refused beside their field, and can be tightened with one click", async () => {
  await open("charter");
  await click("charter-cost-high");
  const epsilon = await field("charter-walk-epsilon");
  await waitFor(() => expect(epsilon.getAttribute("aria-invalid")).toBe("true"));
  expect(document.getElementById(epsilon.getAttribute("aria-describedby") ?? "")?.textContent).toContain("1 % at most");
  await click("charter-save");
  expect(backend.calls).not.toContain("charter_save");
  await click("charter-tighten");
  await waitFor(() => expect(epsilon.value).toBe("1"));
  await click("charter-save");
  await waitFor(async () => expect((await charter())?.charter.limits.walk.epsilon).toBe(0.01));
});

test("what the shell refuses stands beside its field", async () => {
  await open("charter");
  await type("charter-quality", "95");
  mockIPC((command, args) => {
    if (command !== "charter_save") return backend.invoke(command, args);
    throw { code: "invalid", message: "Least quality: a number from 0 to 0.9 (found 0.95)" };
  });
  await click("charter-save");
  const quality = await field("charter-quality");
  await waitFor(() => expect(quality.getAttribute("aria-invalid")).toBe("true"));
  expect(screen.getByText("a number from 0 to 0.9 (found 0.95)")).toBeTruthy();
  await type("charter-quality", "90");
  await waitFor(() => expect(quality.getAttribute("aria-invalid")).toBeNull());
});

test("who saves second is told, and what was typed is kept until a person decides", async () => {
  await open("charter");
  await type("charter-who", "mine");
  const present = await charter();
  if (!present) throw new Error("there is a charter");
  backend.governance.saveCharter({
    useCase: 1,
    from: present.n,
    charter: { ...present.charter, why: "theirs" },
    note: "",
  });
  await waitFor(() => expect(app.stale.useCases).toBeGreaterThan(0));
  expect((await field("charter-who")).value).toBe("mine");
  await click("charter-save");
  await click("stale-mine");
  await waitFor(async () => expect(await charter()).toMatchObject({ n: 5, charter: { risk: { who: "mine" } } }));
});

test("hold rules are added, ordered and kept together; a broken pattern is refused beside its rule", async () => {
  await open("holds");
  const before = (await rules()).rules.map((r) => r.name);
  await fireEvent.click((await screen.findAllByTestId("rule-down"))[0] as HTMLElement);
  await type("rule-pattern", "(unclosed");
  await click("hold-rules-save");
  const refused = await field("rule-refused");
  expect(refused.textContent).toContain("unclosed group");
  expect(refused.closest('[data-testid="hold-rule"]')?.textContent).toContain("Pattern");
  await type("rule-pattern", "€");
  await click("rule-add");
  const added = within((await screen.findAllByTestId("hold-rule")).at(-1) as HTMLElement);
  await click("hold-rules-save");
  expect((await rules()).n, "a rule without a name is not kept").toBe(2);
  await fireEvent.input(added.getByLabelText("Name"), { target: { value: "vip" } });
  await fireEvent.input(added.getByLabelText("Words"), { target: { value: "vip\n\n귀빈" } });
  await click("hold-rules-save");
  await waitFor(async () => expect((await rules()).n).toBe(3));
  const after = await rules();
  expect(after.rules.map((r) => r.name)).toEqual([before[1], before[0], ...before.slice(2), "vip"]);
  expect(after.rules.at(-1)?.when).toEqual({ kind: "keyword", place: "anywhere", words: ["vip", "귀빈"] });
});

test("a pause needs a reason, shows in the top bar, and is ended by an admin", async () => {
  await open("switches");
  await click("pause");
  expect(backend.calls).not.toContain("stream_pause");
  await type("pause-why", "the policy changes");
  await click("pause");
  await waitFor(() => expect(screen.getAllByTestId("paused-badge").length).toBe(2));
  expect((await field("pause-facts")).textContent).toContain("the policy changes");
  await click("resume");
  await waitFor(() => expect(screen.queryByTestId("paused-badge")).toBeNull());
  expect((await switches()).paused).toBeNull();
});

test("a cap is whole or none", async () => {
  await open("switches");
  await type("cap", "2.5");
  expect(((await field("cap-save")) as unknown as HTMLButtonElement).disabled).toBe(true);
  await type("cap", "");
  await click("cap-save");
  await waitFor(async () => expect((await switches()).capPerHour).toBeNull());
});

test("a reviewer reads everything, is told why nothing can be changed, and may pause but not resume", async () => {
  await open("charter", { settings: { role: "reviewer" }, paused: true });
  expect((await field("charter-why")).closest("fieldset[disabled]")).not.toBeNull();
  expect((await field("charter")).textContent).toContain("Only an admin may change it");
  await click("tab-does");
  expect((await field("use-case-name")).closest("fieldset[disabled]")).not.toBeNull();
  await click("tab-switches");
  expect(((await field("resume")) as unknown as HTMLButtonElement).disabled).toBe(true);
  expect(screen.queryByTestId("cap")).toBeNull();
});

test("what was typed in one part is still there after a look at another, and the tab says so", async () => {
  await open("charter");
  await type("charter-who", "half a thought");
  await click("tab-history");
  await screen.findByTestId("epochs");
  expect((await field("tab-charter")).textContent).toContain("Not saved");
  await fireEvent.keyDown(await field("tab-history"), { key: "Home" });
  expect((await field("tab-does")).getAttribute("aria-selected")).toBe("true");
  await click("tab-charter");
  expect((await field("charter-who")).value).toBe("half a thought");
});

test("what was typed and not saved is there again after another page", async () => {
  await open("charter");
  await type("charter-who", "half a thought");
  await click("tab-holds");
  await type("rule-pattern", "€");
  await click("rail-review");
  await screen.findByTestId("editor");
  await click("rail-use-cases");
  await click("use-case-edit");
  await click("tab-holds");
  await waitFor(async () => expect((await field("rule-pattern")).value).toBe("€"));
  await click("tab-charter");
  await waitFor(async () => expect((await field("charter-who")).value).toBe("half a thought"));
  await click("charter-discard");
  await waitFor(async () => expect((await field("charter-who")).value).toContain("The customer"));
});
