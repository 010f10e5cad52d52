import { expect, test } from "vitest";
import type { QueueRow } from "../../api";
import { MOST_PICKS, Picks, pickTo, type Stretch } from "./picks.svelte";

const row = (id: number) => ({ id }) as QueueRow;

/** A queue of so many, of which only some rows are in memory; the id of a row is its place plus 100. */
function list(total: number, loaded: (i: number) => boolean): Stretch & { fetched: [number, number][] } {
  const fetched: [number, number][] = [];
  return {
    total,
    fetched,
    indexOf: (item) => (item !== null && loaded(item - 100) && item - 100 < total ? item - 100 : -1),
    at: (i) => (loaded(i) ? row(i + 100) : undefined),
    fetch: async (offset, limit) => {
      fetched.push([offset, limit]);
      return Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, i) => row(offset + i + 100));
    },
  };
}

test("what is chosen is kept by its id, whatever the list shows", () => {
  const picks = new Picks();
  picks.toggle(7);
  picks.toggle(9);
  picks.toggle(7);
  picks.toggle(8);
  expect([picks.items, picks.size, picks.anchor, picks.has(7)]).toEqual([[9, 8], 2, 8, false]);
  picks.drop([8, 5]);
  expect([picks.items, picks.anchor]).toEqual([[9], null]);
});

test("another use case begins with nothing chosen, the same one goes on", () => {
  const picks = new Picks();
  picks.of(1);
  picks.toggle(7);
  picks.of(1);
  expect(picks.size).toBe(1);
  picks.of(2);
  expect(picks.size).toBe(0);
});

test("a stretch is chosen from the one that was chosen last, in both directions", async () => {
  const picks = new Picks();
  picks.toggle(103);
  await pickTo(
    picks,
    106,
    list(50, () => true),
  );
  expect(picks.items).toEqual([103, 104, 105, 106]);
  await pickTo(
    picks,
    104,
    list(50, () => true),
  );
  expect(picks.size, "what is chosen stays chosen").toBe(4);
  picks.toggle(102);
  await pickTo(
    picks,
    100,
    list(50, () => true),
  );
  expect([...picks.items].sort((a, b) => a - b)).toEqual([100, 101, 102, 103, 104, 105, 106]);
});

test("rows that were never in view are fetched for it", async () => {
  const picks = new Picks();
  const queue = list(1000, (i) => i < 10 || i === 620);
  picks.toggle(105);
  expect(await pickTo(picks, 720, queue)).toBe(true);
  expect(picks.size).toBe(616);
  expect(queue.fetched).toEqual([
    [10, 500],
    [510, 110],
  ]);
});

test("without a beginning in the list, the row alone is chosen", async () => {
  const picks = new Picks();
  await pickTo(
    picks,
    104,
    list(50, () => true),
  );
  expect(picks.items).toEqual([104]);
  await pickTo(
    picks,
    104,
    list(50, () => true),
  );
  expect(picks.items, "and a stretch of one leaves it chosen").toEqual([104]);
});

test("no more are chosen than can be decided at once, and that is told", async () => {
  const picks = new Picks();
  picks.toggle(100);
  expect(
    await pickTo(
      picks,
      100 + 4000,
      list(5000, () => true),
    ),
  ).toBe(false);
  expect(picks.size).toBe(MOST_PICKS);
  picks.toggle(9999);
  expect(picks.has(9999)).toBe(false);
});
