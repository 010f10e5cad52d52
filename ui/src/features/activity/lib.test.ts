import { expect, test } from "vitest";
import type { ActivityRow } from "../../api";
import { byDay } from "./lib";

test("rows are cut where the day changes, order kept", () => {
  const row = (id: number, at: string): ActivityRow => ({
    id,
    at: new Date(at).getTime(),
    actor: "a",
    kind: "approved",
    item: null,
    itemUid: null,
    useCase: null,
    detail: null,
  });
  const days = byDay([row(3, "2026-11-23T10:00"), row(2, "2026-11-23T01:00"), row(1, "2026-11-22T23:00")], "en");
  expect(days.map((d) => d.rows.map((r) => r.id))).toEqual([[3, 2], [1]]);
});
