// What the reviewer has set on the page; it outlives a change of page, not of window.
import type { QueueOrder, QueueQuery, QueueTab } from "../../api";

export const filters = $state({
  tab: "waiting" as QueueTab,
  order: "priority" as QueueOrder,
  slice: null as string | null,
  text: "",
});

export const panes = $state({
  queue: true,
  context: true,
  contextTab: "guidelines" as "guidelines" | "why" | "similar" | "history",
  view: "text" as "text" | "diff" | "tokens" | "marks" | "preview",
});

/** The item to come back to, by use case. */
export const lastItem = new Map<number, number>();

export function listQuery(useCase: number): QueueQuery {
  return { useCase, ...filters, offset: 0, limit: 0 };
}

/** Lists that one works through by themselves; with any other in view, deciding goes on among what waits. */
export function deskTab(): QueueTab {
  return filters.tab === "escalated" || filters.tab === "audits" ? filters.tab : "waiting";
}
export function deskQuery(useCase: number): QueueQuery {
  return { ...listQuery(useCase), tab: deskTab(), limit: 1 };
}

export function isFiltered(): boolean {
  return filters.slice !== null || filters.text !== "";
}

export function clearFilters(): void {
  filters.slice = null;
  filters.text = "";
}
