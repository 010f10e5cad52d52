import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeBackend } from "../../../dev/fake-backend";
import { makeItem } from "../../../dev/sample";
import { api, type ItemView, type Output } from "../../api";
import { i18n } from "../../i18n/index.svelte";
import DiffView from "./DiffView.svelte";
import Editor from "./Editor.svelte";
import FormPane from "./form/FormPane.svelte";
import { Held } from "./held.svelte";
import LabelPane from "./LabelPane.svelte";
import PreviewView from "./PreviewView.svelte";
import UnseenDialog from "./UnseenDialog.svelte";

beforeEach(() => {
  i18n.locale = "en";
  mockIPC(() => null);
});
afterEach(cleanup);

function held(text: string, change: Partial<ItemView> = {}): Held {
  const item = makeItem(1, 1);
  const draft = item.drafts[0];
  if (!draft) throw new Error("the sample has a draft");
  const view = { ...item, drafts: [{ ...draft, text }], lease: { epoch: 1, until: 0 }, ...change };
  return new Held(view, api, { order: "oldest", filtered: false, picked: false });
}
const field = (id: string) => screen.getByTestId<HTMLTextAreaElement>(id);
const type = (el: HTMLElement, value: string) => fireEvent.input(el, { target: { value } });

describe("the editor", () => {
  test("F11: a text that nobody changed keeps its bytes, and one that is changed keeps its line ends", async () => {
    const text = "Dear Lea,\r\nit is on its way.\r\n";
    const h = held(text);
    render(Editor, { held: h, readonly: false, editor: undefined });
    await tick();
    expect(field("editor").value).toBe("Dear Lea,\nit is on its way.\n");
    expect([h.text, h.edited], "nothing was typed").toEqual([text, false]);
    await type(field("editor"), "Dear Lea,\nit is on its way!\n");
    expect(h.text).toBe("Dear Lea,\r\nit is on its way!\r\n");
    await type(field("editor"), "Dear Lea,\nit is on its way.\n");
    expect([h.text === text, h.edited], "and back").toEqual([true, false]);
  });

  test("F5: hidden characters are counted under the field, also those that are typed", async () => {
    render(Editor, { held: held("a\u200bb\u202ec"), readonly: false, editor: undefined });
    expect(screen.getByTestId("hidden-badge").textContent).toBe("2 hidden characters");
    await tick();
    await type(field("editor"), "abc p\u0430ypal");
    expect(screen.queryByTestId("hidden-badge")).toBeNull();
    expect(screen.getByTestId("words-badge").textContent).toBe("1 word imitates another");
  });

  test("F13: what is pasted comes in as plain text, and what is too long not at all", async () => {
    const h = held("short");
    render(Editor, { held: h, readonly: false, editor: undefined });
    await tick();
    const paste = (plain: string) => {
      const data = { getData: (kind: string) => (kind === "text/plain" ? plain : "<b>rich</b>") };
      const event = Object.assign(new Event("paste", { bubbles: true, cancelable: true }), { clipboardData: data });
      return fireEvent(field("editor"), event);
    };
    expect(await paste("fine"), "left to the field, which takes the plain text").toBe(true);
    expect(await paste("x".repeat(50 << 20)), "50 MiB").toBe(false);
    expect(screen.getByTestId("paste-refused").textContent).toContain("52,428,800");
    expect(await paste("가".repeat(360_000)), "bytes count, not letters").toBe(false);
    expect([h.text, field("editor").value]).toEqual(["short", "short"]);
  });

  test("a mebibyte is set once and typed on without being written into the field again", async () => {
    const h = held("word ".repeat(200_000));
    render(Editor, { held: h, readonly: false, editor: undefined });
    await tick();
    const el = field("editor");
    let written = 0;
    const value = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
    Object.defineProperty(el, "value", {
      get: () => value?.get?.call(el) as string,
      set: (x: string) => {
        written += 1;
        value?.set?.call(el, x);
      },
    });
    for (let i = 1; i <= 5; i += 1) await type(el, `${"word ".repeat(200_000)}${"x".repeat(i)}`);
    await tick();
    // Each `input` of the test writes once itself.
    expect(written, "by the test, never by the page").toBeLessThanOrEqual(5);
    expect(h.text.endsWith("xxxxx")).toBe(true);
  });
});

describe("the difference", () => {
  test("tells how much, in characters and as a distance, and folds what is the same", async () => {
    const before = `${"The same line again and again.\n".repeat(400)}old end`;
    render(DiffView, { before, after: before.replace("old end", "new end") });
    expect(screen.getByTestId("diff").dataset["changed"]).toBe("3");
    expect(screen.getByTestId("diff-sum").textContent).toContain("edit distance");
    const shown = screen.getByTestId("diff").textContent?.length ?? 0;
    expect(shown).toBeLessThan(1500);
    await fireEvent.click(screen.getByTestId("diff-fold"));
    expect(screen.getByTestId("diff").textContent?.length).toBeGreaterThan(10_000);
  });
  test("F10: what cannot be compared in time stands one below the other", () => {
    render(DiffView, { before: "a".repeat(60_000), after: "b".repeat(60_000) });
    expect(screen.getByTestId("diff").dataset["changed"]).toBe("too-much");
    expect(screen.getByTestId("diff-too-much")).toBeTruthy();
  });
  test("F11: other forms of the same characters are named", () => {
    render(DiffView, { before: "caf\u00e9", after: "cafe\u0301" });
    expect(screen.getByText("NFC")).toBeTruthy();
    expect(screen.getByText("NFD")).toBeTruthy();
  });
  test("F5: hidden characters stand in the difference", () => {
    render(DiffView, { before: "law", after: "la\u200bw" });
    expect(document.querySelector("ins")?.textContent).toContain("U+200B");
  });
});

test("F9: what imitates our words stays in its labelled frame", () => {
  render(PreviewView, { text: "# ✅ APPROVED by system\n\nPress **A** twice." });
  const frame = screen.getByRole("group", { name: "Preview as Markdown" });
  expect(frame.textContent).toContain("APPROVED by system");
  expect(frame.querySelectorAll("button").length).toBe(0);
});

test("F4: whoever approves what reads otherwise than it is, is asked, with the text in its frame", async () => {
  let confirmed = 0;
  render(UnseenDialog, { text: "Pay $\u202e001", onclose: () => undefined, onconfirm: () => (confirmed += 1) });
  const dialog = screen.getByTestId("unseen-dialog");
  expect(dialog.textContent).toContain("U+202E");
  expect(dialog.textContent).toContain("turns the direction of reading around: 1");
  expect(document.activeElement, "Enter does not approve by itself").toBe(screen.getByTestId("unseen-cancel"));
  await fireEvent.click(screen.getByTestId("unseen-confirm"));
  expect(confirmed).toBe(1);
});

describe("labels", () => {
  const labels = ["order", "other", "return"];
  const scored = (text: string) => {
    const h = held(text);
    const draft = h.view.drafts[0];
    if (draft) draft.labels = labels.map((label, i) => ({ label, probability: [0.2, 0.1, 0.7][i] ?? 0 }));
    return h;
  };
  const radios = () => screen.getAllByRole("radio");

  test("each is a button with what the model gave it; the draft's is chosen", () => {
    render(LabelPane, { held: scored("return"), labels, readonly: false });
    expect(radios().map((r) => r.getAttribute("aria-checked"))).toEqual(["false", "false", "true"]);
    expect(radios()[2]?.textContent).toContain("70 %");
    expect(radios()[2]?.textContent).toContain("the model’s choice");
  });
  test("another one is an edit, and the draft's again none", async () => {
    const h = scored("return");
    render(LabelPane, { held: h, labels, readonly: false });
    await fireEvent.click(radios()[0] as HTMLElement);
    expect([h.text, h.edited]).toEqual(["order", true]);
    await fireEvent.keyDown(screen.getByRole("radiogroup"), { key: "ArrowLeft" });
    expect([h.text, h.edited]).toEqual(["return", false]);
  });
  test("G6: a text that is none of them is said to be none, and nothing is chosen", () => {
    render(LabelPane, { held: scored("<b>return</b> please"), labels, readonly: false });
    expect(screen.getByTestId("label-unknown").textContent).toContain("<b>return</b> please");
    expect(radios().some((r) => r.getAttribute("aria-checked") === "true")).toBe(false);
  });
  test("who may not decide changes nothing", async () => {
    const h = scored("return");
    render(LabelPane, { held: h, labels, readonly: true });
    await fireEvent.click(radios()[0] as HTMLElement);
    expect(h.text).toBe("return");
  });
});

describe("the form of a JSON output", () => {
  const schema = JSON.stringify({
    type: "object",
    required: ["name", "days"],
    additionalProperties: false,
    properties: {
      name: { type: ["string", "null"], title: "Name" },
      days: { type: "integer", minimum: 0, maximum: 30 },
      city: { type: "string" },
      tags: { type: "array", items: { enum: ["a", "b"] } },
    },
  });
  const open = (text: string) => {
    const h = held(text);
    render(FormPane, { held: h, schema, readonly: false, editor: undefined });
    return h;
  };

  test("one field that is changed changes no other, and back again it is the draft to the letter", async () => {
    const text = '{ "days":3 ,"name":"Lea" }';
    const h = open(text);
    await type(field("field-/days"), "4");
    expect([h.text, h.edited]).toEqual(['{"days": 4, "name": "Lea"}', true]);
    await type(field("field-/days"), "3");
    expect([h.text, h.edited]).toEqual([text, false]);
  });
  test("what does not fit is told beside its field, as one types", async () => {
    const h = open('{"name": null, "days": 3}');
    const pane = () => screen.getByTestId("form-pane").dataset["faults"];
    expect(pane()).toBe("0");
    await type(field("field-/days"), "31");
    expect(pane()).toBe("1");
    const days = field("field-/days");
    expect(days.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(days.getAttribute("aria-describedby") ?? "")?.textContent).toContain("0 to 30");
    await type(days, "3 days");
    expect(h.text, "kept as it was typed, and refused").toBe('{"name": null, "days": "3 days"}');
    expect(field("field-/days").value).toBe("3 days");
    expect(document.body.textContent).toContain("Expected a whole number.");
  });
  test("fields that may be left out are put in and taken away, lists grow and shrink", async () => {
    const h = open('{"name": "Lea", "days": 3}');
    await fireEvent.click(screen.getByTestId("add-/city"));
    expect(h.text).toBe('{"name": "Lea", "days": 3, "city": ""}');
    await fireEvent.click(screen.getByLabelText("Remove city"));
    await fireEvent.click(screen.getByTestId("add-/tags"));
    await fireEvent.click(screen.getByTestId("add-/tags"));
    expect(h.text).toBe('{"name": "Lea", "days": 3, "tags": ["a"]}');
    await fireEvent.click(screen.getAllByText("none")[0] as HTMLElement);
    expect(h.text).toBe('{"name": null, "days": 3, "tags": ["a"]}');
  });
  test("what the schema does not ask for is shown, and can be removed", async () => {
    const h = open('{"name": "Lea", "days": 3, "__proto__": {"a": 1}}');
    expect(document.body.textContent).toContain("“__proto__” is not asked for");
    await fireEvent.click(screen.getByLabelText("Remove __proto__"));
    expect(h.text).toBe('{"name": "Lea", "days": 3}');
  });
  test("G6: what is no JSON is edited as the text that it is, with the place", async () => {
    const h = open('Sure! {"name": "Lea"}');
    expect(screen.getByTestId("form-state").textContent).toContain("line 1, column 1");
    await tick();
    await type(field("editor"), '{"name": "Lea", "days": 1}');
    expect(h.text).toBe('{"name": "Lea", "days": 1}');
    expect(screen.getByTestId("form-pane").dataset["faults"]).toBe("0");
  });
  test("values of a hostile text stay text", () => {
    open('{"name": "<img src=x onerror=alert(1)>", "days": 3, "<b>": "x"}');
    expect(document.querySelectorAll("img, b").length).toBe(0);
  });
});

describe("the in-memory backend", () => {
  const label: Output = { kind: "labels", labels: ["order", "other", "return"] };
  test("refuses what flow refuses: an output without its form", async () => {
    const backend = new FakeBackend({ filled: true, delay: 0, output: label });
    mockIPC((command, args) => backend.invoke(command, args));
    const query = {
      useCase: 1,
      tab: "waiting",
      order: "priority",
      slice: null,
      text: "",
      source: null,
      confidence: null,
      holder: null,
      level: null,
      offset: 0,
      limit: 1,
    } as const;
    const item = await api.itemNext(query, []);
    const draft = item?.drafts[0];
    if (!item?.lease || !draft) throw new Error("an item waits");
    expect(draft.labels.reduce((sum, s) => sum + s.probability, 0)).toBeCloseTo(1, 6);
    const decision = { item: item.id, epoch: item.lease.epoch, draft: draft.id, reasons: [], note: null, viewedMs: 1 };
    const found = { order: "priority", filtered: false, picked: false } as const;
    const edit = (text: string) => api.itemDecide({ ...decision, verdict: "edit", text, found });
    await expect(edit("nothing of the kind")).rejects.toMatchObject({ code: "invalid" });
    await edit("other");
    expect(backend.items.get(item.id)?.decision?.text).toBe("other");
  });
});
