// What the reviewer has set on the page. Filters are kept for each person and use case, across restarts.
// Invariant: nothing is kept before what was kept is here, so that a slow start forgets nothing.
import type { Api, DeskView, QueueQuery, QueueTab } from "../../api";

const START: DeskView = {
  tab: "waiting",
  order: "priority",
  slice: null,
  text: "",
  source: null,
  confidence: null,
  holder: null,
  level: null,
};
export const filters = $state<DeskView>({ ...START });

export const panes = $state({
  queue: true,
  context: true,
  contextTab: "guidelines" as "guidelines" | "why" | "similar" | "history",
  view: "text" as "text" | "diff" | "tokens" | "marks" | "preview",
});

/** The item to come back to, by use case. */
export const lastItem = new Map<number, number>();

/** Whose filters these are, and what of them is kept already. */
let whose: string | null = null;
let kept = "";
/** The newest question for filters: a late answer to an older one is passed over. */
let asked = 0;

const owner = (useCase: number, person: string) => `${useCase} ${person}`;
export const areThere = (useCase: number, person: string) => whose === owner(useCase, person);

/** Fetches what this person has set in a use case; what cannot be fetched is as if nothing was set. */
export async function fetchFilters(api: Api, useCase: number, person: string): Promise<void> {
  if (areThere(useCase, person)) return;
  // What somebody else has set is nobody's to see.
  forgetFilters();
  const mine = asked;
  const view = await api.deskView(useCase).catch(() => START);
  if (mine !== asked) return;
  Object.assign(filters, START, view);
  whose = owner(useCase, person);
  kept = JSON.stringify(filters);
}

/** As in a window that was just opened. */
export function forgetFilters(): void {
  asked += 1;
  whose = null;
  kept = "";
  Object.assign(filters, START);
}

/** Keeps what is set now. A failure loses no work: the next change tries again. */
export function keepFilters(api: Api, useCase: number): void {
  const json = JSON.stringify(filters);
  if (json === kept) return;
  kept = json;
  void api.deskViewKeep(useCase, $state.snapshot(filters)).catch(() => (kept = ""));
}

export function listQuery(useCase: number): QueueQuery {
  return { useCase, ...$state.snapshot(filters), offset: 0, limit: 0 };
}

/** Lists that one works through by themselves; with any other in view, deciding goes on among what waits. */
export function deskTab(): QueueTab {
  return filters.tab === "escalated" || filters.tab === "audits" ? filters.tab : "waiting";
}
export function deskQuery(useCase: number): QueueQuery {
  return { ...listQuery(useCase), tab: deskTab(), limit: 1 };
}
/** Changes when the list does, and when what the desk asks for does. */
export const listKey = () => JSON.stringify(filters);
export const deskKey = () => JSON.stringify({ ...filters, tab: deskTab() });

export function isFiltered(): boolean {
  return (
    filters.slice !== null ||
    filters.text !== "" ||
    filters.source !== null ||
    filters.confidence !== null ||
    filters.holder !== null ||
    filters.level !== null
  );
}

export function clearFilters(): void {
  const { tab, order } = filters;
  Object.assign(filters, START, { tab, order });
}
