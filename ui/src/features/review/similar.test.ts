import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeBackend } from "../../../dev/fake-backend";
import App from "../../App.svelte";
import { app } from "../../app.svelte";
import type { Similar } from "../../api";
import type { Held } from "./held.svelte";
import { historyDetail } from "./history";
import { SimilarItems } from "./similar.svelte";

function one(item: number, text: string): Similar {
  return { item, uid: String(item), preview: "", text, verdict: "approve", at: 0, likeness: 0.5 };
}
/** What the store needs of an item on the desk. */
function held(id: number, text: string) {
  const it = { id, text, draft: { text }, type: (t: string) => void (it.text = t) };
  return it as unknown as Held & { text: string };
}

describe("the round of texts", () => {
  const api = { itemSimilar: (id: number) => Promise.resolve(id === 1 ? [one(7, "seven"), one(8, "eight")] : []) };

  test("goes from one text to the next and back to one's own", async () => {
    const similar = new SimilarItems();
    await similar.load(api, 1);
    const desk = held(1, "my words");
    const round = [0, 1, 2].map(() => [similar.takeNext(desk), desk.text]);
    expect(round).toEqual([
      [0, "seven"],
      [1, "eight"],
      ["own", "my words"],
    ]);
    expect(similar.takeNext(desk)).toBe(0);
  });
  test("keeps what was changed since as one's own", async () => {
    const similar = new SimilarItems();
    await similar.load(api, 1);
    const desk = held(1, "my words");
    similar.takeNext(desk);
    desk.type("seven, and more");
    expect([similar.takeNext(desk), desk.text]).toEqual([0, "seven"]);
    similar.take(desk, 1);
    expect([similar.takeNext(desk), desk.text]).toEqual(["own", "seven, and more"]);
  });
  test("writes nothing over another item, and nothing where there is nothing", async () => {
    const similar = new SimilarItems();
    await similar.load(api, 1);
    const other = held(2, "untouched");
    expect([similar.takeNext(other), other.text]).toEqual(["nothing", "untouched"]);
    await similar.load(api, 2);
    expect([similar.takeNext(other), other.text]).toEqual(["nothing", "untouched"]);
  });
  test("an answer for the item before is not shown for the next one", async () => {
    let answer = (_: Similar[]): void => undefined;
    const slow = { itemSimilar: () => new Promise<Similar[]>((ok) => (answer = ok)) };
    const similar = new SimilarItems();
    const first = similar.load(slow, 1);
    const late = answer;
    void similar.load(slow, 2);
    late([one(7, "seven")]);
    await first;
    expect([similar.item, similar.phase, similar.found]).toEqual([2, "loading", []]);
  });
});

test("the history names a verdict in the language of the window, and leaves all else as it was written", () => {
  const words = { approve: "승인", edit: "고쳐서 승인", reject: "반려" };
  const detail = (kind: "undone" | "audited" | "rejected", text: string | null) =>
    historyDetail({ at: 0, actor: "Ada", kind, detail: text }, words);
  expect(detail("undone", "approve")).toBe("승인");
  expect(detail("audited", "reject: Wrong; 두 번")).toBe("반려: Wrong; 두 번");
  expect(detail("rejected", "approve")).toBe("approve");
  expect(detail("undone", null)).toBeNull();
});

describe("in the window", () => {
  let backend: FakeBackend;
  const press = (key: string, more: KeyboardEventInit = {}) =>
    fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
  beforeEach(async () => {
    Object.assign(app, { page: "review", useCases: [], useCaseId: null, toasts: [], leftWelcome: false });
    backend = new FakeBackend({ filled: true, delay: 1 });
    mockIPC((command, args) => backend.invoke(command, args));
    render(App);
    await screen.findByTestId("editor");
  });
  afterEach(cleanup);

  test("L shows them, Shift+L puts the first one's text into the editor, and approving is an edit", async () => {
    await press("l");
    await waitFor(() => expect(screen.getAllByTestId("similar-item").length).toBeGreaterThan(0));
    const text = screen.getAllByTestId("similar-item")[0]?.querySelector(".text")?.textContent;
    await press("L", { shiftKey: true });
    await waitFor(() => expect((screen.getByTestId("editor") as HTMLTextAreaElement).value).toBe(text?.trim()));
  });

  test("all of the review page can be called by name", async () => {
    await press("k", { ctrlKey: true });
    const palette = await screen.findByTestId("palette");
    const labels = [...palette.querySelectorAll("[role=option] span:first-child")].map((e) => e.textContent);
    for (const label of [
      "Approve",
      "Edit",
      "Reject",
      "Skip",
      "Escalate",
      "Undo",
      "Show similar accepted items",
      "Show what happened to this item",
      "Order: Oldest",
      "Search requests, drafts and decisions",
    ])
      expect(labels, `${label} in ${labels.join(" | ")}`).toContain(label);
    expect(new Set(labels).size, "each once").toBe(labels.length);
  });
});
