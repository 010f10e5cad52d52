import { beforeEach, expect, test } from "vitest";
import type { Notice, NoticeKind } from "../api";
import { app } from "../app.svelte";
import { openNotice, tellsOfFall } from "./notices";

const notice = (kind: NoticeKind, move: number | null): Notice => ({
  id: 1,
  at: 0,
  useCase: 7,
  useCaseName: "x",
  kind,
  words: "",
  move,
  seen: true,
});
beforeEach(() => app.goTo("settings"));

test.each<[NoticeKind, number | null, string, unknown]>([
  ["fell", 3, "overview", { part: "moves" }],
  ["sink_failing", 4, "overview", { part: "moves" }],
  ["model_changed", null, "models", null],
  ["sink_failing", null, "use-cases", null],
  ["brake", null, "overview", { part: "audits" }],
  ["correction", null, "overview", { part: "audits" }],
  ["audits_overdue", null, "review", null],
])("a notice of %s (move %s) leads to %s", (kind, move, page, place) => {
  openNotice(notice(kind, move));
  expect([app.page, app.overviewPlace]).toEqual([page, place]);
});
test("whatever lowered the level, it is a fall", () => {
  expect([tellsOfFall(notice("model_changed", 2)), tellsOfFall(notice("brake", null))]).toEqual([true, false]);
});
