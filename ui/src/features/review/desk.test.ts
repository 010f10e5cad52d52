import { mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeBackend } from "../../../dev/fake-backend";
import { everything } from "../../../dev/fake-queue";
import { api, type BulkInput, type QueueQuery } from "../../api";
import { Desk, type Outcome } from "./desk.svelte";

const start: QueueQuery = {
  useCase: 1,
  tab: "waiting",
  order: "priority",
  ...everything,
  offset: 0,
  limit: 1,
};
let query = start;
let backend: FakeBackend;
let desk: Desk;
let outcomes: Outcome[];
let problems: unknown[];

beforeEach(async () => {
  backend = new FakeBackend({ filled: true, delay: 1 });
  mockIPC((command, args) => backend.invoke(command, args));
  query = start;
  outcomes = [];
  problems = [];
  desk = new Desk(api, () => query, { done: (o) => void outcomes.push(o), problem: (e) => void problems.push(e) });
  await desk.open();
  await settled();
});
afterEach(async () => {
  desk.close();
  await settled();
});

/** Until everything that was asked of the backend is answered. */
async function settled(): Promise<void> {
  let before = -1;
  while (before !== backend.calls.length) {
    before = backend.calls.length;
    await new Promise((ok) => setTimeout(ok, 15));
  }
}
const held = () => [...backend.items.values()].filter((i) => i.heldBy === "Mina Kim").map((i) => i.id);

test("the next item stands on the desk in the frame of the decision", async () => {
  const first = desk.current?.id;
  const pending = desk.approve();
  const second = desk.current?.id;
  expect(second).toBeTypeOf("number");
  expect(second, "before anything was answered").not.toBe(first);
  await pending;
  await settled();
  expect(backend.items.get(first ?? 0)?.decision?.verdict).toBe("approve");
  expect(outcomes).toEqual(["approve"]);
});

test.each<[string, (d: Desk) => Promise<unknown>]>([
  ["an approval", (d) => d.approve()],
  ["a rejection", (d) => d.reject(["wrong"], null)],
  ["an item put back", (d) => d.skip()],
  ["an item passed to an admin", (d) => d.escalate("please look")],
])("two keys in one frame each find the next item after %s", async (_, act) => {
  const seen = [desk.current?.id];
  const pending = [act(desk)];
  seen.push(desk.current?.id);
  pending.push(act(desk));
  seen.push(desk.current?.id);
  expect(new Set(seen).size, "before anything was answered").toBe(3);
  expect(desk.phase).toBe("ready");
  await Promise.all(pending);
  await settled();
  expect(outcomes).toHaveLength(2);
  expect(problems).toEqual([]);
});

test("after a change of filters the next item is one that they let through, and it is there at the key", async () => {
  query = { ...start, slice: "return" };
  await desk.requery();
  await settled();
  const pending = desk.skip();
  expect(desk.current?.view.slice).toBe("return");
  await pending;
  await settled();
  await desk.approve();
  expect(desk.current?.view.slice).toBe("return");
});

test("approving changed text is an edit that carries it", async () => {
  const id = desk.current?.id ?? 0;
  desk.current?.type("안녕하세요, 곧 보내 드릴게요.");
  await desk.approve();
  expect(backend.items.get(id)?.decision).toMatchObject({ verdict: "edit", text: "안녕하세요, 곧 보내 드릴게요." });
});

test("blank text is not approved", async () => {
  const id = desk.current?.id;
  desk.current?.type("  ");
  await desk.approve();
  expect(desk.current?.id).toBe(id);
  expect(outcomes).toEqual([]);
});

test("what is typed is saved within half a second", async () => {
  const id = desk.current?.id ?? 0;
  desk.current?.type("half a");
  desk.current?.type("half a sentence");
  await new Promise((ok) => setTimeout(ok, 450));
  expect(backend.items.get(id)?.typed).toBe("half a sentence");
  expect(backend.calls.filter((c) => c === "item_autosave").length, "one save for both keys").toBe(1);
});

test("leaving the page saves what was typed and gives every claim back", async () => {
  const id = desk.current?.id ?? 0;
  expect(held().length, "one in hand, two ahead").toBe(3);
  desk.current?.type("unfinished");
  expect(desk.close()).toBe(id);
  await settled();
  expect(held()).toEqual([]);
  expect(backend.items.get(id)?.typed).toBe("unfinished");
});

test("a decision on an item that changed meanwhile is refused, and the words are kept", async () => {
  const id = desk.current?.id ?? 0;
  desk.current?.type("my words");
  const item = backend.items.get(id);
  if (item) Object.assign(item, { heldBy: "Adaeze", lease: { epoch: 99, until: 0 } });
  await desk.approve();
  expect(desk.conflict?.held.text).toBe("my words");
  expect(desk.conflict?.now?.heldBy).toBe("Adaeze");
  expect(desk.current?.id, "work goes on with the next").not.toBe(id);
});

test("another refusal brings the item back with its words", async () => {
  const id = desk.current?.id;
  desk.current?.type("my words");
  const run = backend.invoke;
  mockIPC((command, args) => {
    if (command === "item_decide") throw { code: "storage", message: "disk full" };
    return run(command, args);
  });
  await desk.approve();
  expect([desk.current?.id, desk.current?.text]).toEqual([id, "my words"]);
  expect(problems).toHaveLength(1);
});

test("undo brings the item and its edit back, and keeps the one in hand for afterwards", async () => {
  const first = desk.current?.id;
  desk.current?.type("edited");
  const deciding = desk.approve();
  const second = desk.current?.id;
  await Promise.all([deciding, desk.undo(1)]);
  await settled();
  expect([desk.current?.id, desk.current?.text]).toEqual([first, "edited"]);
  await desk.approve();
  expect(desk.current?.id).toBe(second);
});

test("three are taken back and done again one by one, and a window that was opened anew goes on with it", async () => {
  const ids: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    ids.push(desk.current?.id ?? 0);
    await desk.approve();
  }
  await settled();
  desk.close();
  desk = new Desk(api, () => query, { done: () => undefined, problem: (e) => void problems.push(e) });
  await desk.open();
  for (const id of [...ids].reverse()) {
    const undone = await desk.undo(1);
    expect([undone?.view.id, desk.current?.id]).toEqual([id, id]);
  }
  for (const id of ids) expect((await desk.redo(1))?.items).toEqual([id]);
  await settled();
  expect(ids.map((id) => backend.items.get(id)?.state)).toEqual(["approved", "approved", "approved"]);
  expect(ids, "the desk has gone on").not.toContain(desk.current?.id);
  expect(problems).toEqual([]);
  expect(await desk.redo(1)).toBeNull();
  expect(problems).toHaveLength(1);
});

test("what was in view before it was taken back counts on", async () => {
  let now = 0;
  const timed = new Desk(
    api,
    () => query,
    { done: () => undefined, problem: () => undefined },
    () => now,
  );
  await timed.open();
  now = 9000;
  await timed.approve();
  await timed.undo(1);
  now = 13_000;
  expect(timed.current?.clock.read(now)).toBe(13_000);
  timed.close();
});

test("what was decided at once with others leaves the desk, and the rest of it stays", async () => {
  const first = desk.current?.id ?? 0;
  await settled();
  const [, second = 0] = held();
  const items = [first, second].map((item) => ({ item, draft: item * 10 + 1 }));
  const bulk = { useCase: 1, verdict: "approve", items, reasons: [], note: null, order: "priority", filtered: false };
  const came = await api.bulkDecide(bulk as BulkInput);
  expect([came.decided, came.leftOut]).toEqual([2, []]);
  await desk.gone([first, second]);
  await settled();
  expect([first, second]).not.toContain(desk.current?.id);
  const stays = desk.current?.id;
  await desk.gone([first]);
  expect(desk.current?.id).toBe(stays);
});

test("the better of two drafts is on the desk afterwards, and is what is approved", async () => {
  const id = desk.current?.id ?? 0;
  await desk.regenerate("shorter");
  const pair = { first: 0, second: 0 };
  const current = desk.current;
  if (!current) throw new Error("an item is in hand");
  Object.assign(pair, await api.comparePair(id, current.epoch ?? 0, id * 10 + 2, id * 10 + 1));
  const choice = pair.first === id * 10 + 1 ? "first" : "second";
  expect(await desk.prefer(current, pair, choice, 4000)).toBe(true);
  expect(desk.current?.draft?.n).toBe(1);
  await desk.approve();
  expect(backend.items.get(id)?.decision?.draft).toBe(id * 10 + 1);
  expect(backend.steps.preferences).toHaveLength(1);
});

test("an item that is being decided is not claimed again", async () => {
  const ids: (number | undefined)[] = [];
  for (let i = 0; i < 8; i += 1) {
    ids.push(desk.current?.id);
    await desk.approve();
    await settled();
  }
  expect(new Set(ids).size).toBe(8);
});

test("a new draft is streamed in place, stops on demand, and the old one stays", async () => {
  const running = desk.regenerate("shorter");
  await vi.waitFor(() => expect(desk.stream?.text ?? "").not.toBe(""));
  expect(desk.canDecide, "no decision while a draft is being written").toBe(false);
  await desk.stop();
  expect(await running).toBe("stopped");
  expect([desk.stream, desk.current?.view.drafts.length]).toEqual([null, 1]);
  expect(await desk.regenerate(null)).toBe("done");
  expect([desk.current?.view.drafts.length, desk.current?.draft?.n]).toEqual([2, 2]);
});

test("a branch is streamed like a new draft, names its parent, and the parent stays", async () => {
  const parent = desk.current?.draft;
  const tokens = await api.draftTokens(parent?.id ?? 0);
  const at = tokens.findIndex((t) => t.weighed.some((w) => !w.written));
  const chosen = tokens[at]?.weighed.find((w) => !w.written);
  const running = desk.branch(parent?.id ?? 0, at, chosen?.id ?? 0);
  await vi.waitFor(() => expect(desk.stream?.text ?? "").not.toBe(""));
  expect(await running).toBe("done");
  const [first, second] = desk.current?.view.drafts ?? [];
  expect(first?.text).toBe(parent?.text);
  expect(second?.branch).toEqual({ parent: parent?.id, at });
  expect(second?.text).toContain(chosen?.text);
  expect(desk.current?.draft?.id, "the new one is in hand").toBe(second?.id);
  expect(await desk.branch(parent?.id ?? 0, at, -1), "a token that was not weighed").toBe("failed");
  expect(problems).toHaveLength(1);
});

test("a lost claim is noticed at the heartbeat and reopening keeps the words", async () => {
  desk.current?.type("my words");
  const item = backend.items.get(desk.current?.id ?? 0);
  if (item) item.lease = { epoch: 77, until: 0 };
  await desk.heartbeat();
  expect([desk.current?.lost, desk.canDecide]).toEqual([true, false]);
  await desk.reopen();
  expect([desk.current?.text, desk.canDecide]).toEqual(["my words", true]);
});

test("filters that change give back what was fetched by the old ones", async () => {
  const before = held();
  await desk.requery();
  await settled();
  expect(held().length).toBe(3);
  expect(held()).toContain(desk.current?.id);
  expect(before).toContain(desk.current?.id);
});
