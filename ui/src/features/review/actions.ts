// What can be done on the review page, with its keys and when it is possible.
import type { Dictionary } from "../../i18n/index.svelte";
import { app } from "../../app.svelte";
import { i18n } from "../../i18n/index.svelte";
import { keyOf, type KeyAction } from "../../keymap";
import { painted } from "../../painted";
import { isTextField, type Action } from "../../shortcuts";
import type { Desk } from "./desk.svelte";
import { panes } from "./filters.svelte";
import { fits } from "./form/fits";
import { isBlank } from "./lib";
import { picks } from "./picks.svelte";
import { similar } from "./similar.svelte";

export type DialogName =
  "reject" | "escalate" | "hint" | "seed" | "unseen" | "compare" | "correct" | "bulk-approve" | "bulk-reject";
export type Doing = {
  approve: () => unknown;
  edit: () => unknown;
  undo: () => unknown;
  redo: () => unknown;
  compare: () => unknown;
  pickTo: (item: number) => unknown;
  bulk: (verdict: "approve" | "reject") => unknown;
  move: (by: 1 | -1) => unknown;
  regenerate: () => unknown;
  search: () => unknown;
  leave: () => unknown;
  open: (dialog: DialogName) => void;
};

export function reviewActions(t: Dictionary["review"], desk: Desk, go: Doing): Action[] {
  const key = (action: KeyAction) => keyOf(app.settings.keys, action);
  const can = () => desk.canDecide;
  // A second look judges the draft that went out: it asks for no other one, and passes nothing on.
  const canAskOn = () => can() && desk.current?.view.audit == null;
  const edited = desk.current?.edited ?? false;
  const show = (tab: typeof panes.contextTab) => () => {
    panes.context = true;
    panes.contextTab = tab;
  };
  /** A second press leads back to the text. */
  const view = (to: "diff" | "tokens" | "marks" | "preview") => () => (panes.view = panes.view === to ? "text" : to);
  const approvable = () =>
    can() && !isBlank(desk.current?.text ?? "") && fits(app.useCase?.output, desk.current?.text ?? "");
  const output = app.useCase?.output;
  /** The digits choose a label while the labels are in view. */
  const labels = (output?.kind === "labels" ? output.labels.slice(0, 9) : []).map((label, i): Action => ({
    id: `label-${i + 1}`,
    label,
    keys: [String(i + 1)],
    hidden: true,
    enabled: () => can() && panes.view === "text",
    run: () => desk.current?.type(label),
  }));
  return [
    ...labels,
    {
      id: "approve",
      label: edited ? t.approveEdit : t.approve,
      keys: [key("approve")],
      enabled: approvable,
      run: go.approve,
    },
    {
      id: "approve-field",
      label: t.approveEdit,
      keys: ["Ctrl+Enter"],
      inText: true,
      hidden: true,
      enabled: approvable,
      run: go.approve,
    },
    { id: "edit", label: t.edit, keys: [key("edit")], enabled: can, run: go.edit },
    {
      id: "leave",
      label: t.leaveField,
      keys: ["Escape"],
      inText: true,
      hidden: true,
      enabled: () => desk.stream !== null || isTextField(document.activeElement),
      run: go.leave,
    },
    { id: "reject", label: t.reject, keys: [key("reject")], enabled: can, run: () => go.open("reject") },
    {
      id: "skip",
      label: t.skip,
      keys: [key("skip")],
      enabled: can,
      run: () => {
        void desk.skip();
        return painted();
      },
    },
    { id: "escalate", label: t.escalate, keys: [key("escalate")], enabled: canAskOn, run: () => go.open("escalate") },
    { id: "regenerate", label: t.regenerate, keys: [key("regenerate")], enabled: canAskOn, run: go.regenerate },
    { id: "hint", label: t.regenerateHint, keys: [key("hint")], enabled: canAskOn, run: () => go.open("hint") },
    {
      id: "seed-from",
      label: i18n.t.secondLook.seedFrom,
      keys: [],
      enabled: () => app.settings.role === "admin" && desk.current?.draft != null && desk.current.view.audit == null,
      run: () => go.open("seed"),
    },
    { id: "undo", label: t.undo, keys: [key("undo"), "Ctrl+z"], run: go.undo },
    { id: "redo", label: i18n.t.steps.redo, keys: [key("redo"), "Ctrl+Shift+z", "Ctrl+y"], run: go.redo },
    { id: "compare", label: i18n.t.compare.action, keys: [key("compare")], enabled: canAskOn, run: go.compare },
    ...pickActions(key, desk, go),
    { id: "next", label: t.next, keys: [key("next"), "ArrowDown"], repeat: true, run: () => go.move(1) },
    { id: "previous", label: t.previous, keys: [key("previous"), "ArrowUp"], repeat: true, run: () => go.move(-1) },
    { id: "diff", label: t.diffView, keys: [key("diff")], run: view("diff") },
    { id: "tokens", label: t.tokensView, keys: [key("tokens")], run: view("tokens") },
    { id: "marks", label: i18n.t.marks.view, keys: [], run: view("marks") },
    { id: "preview", label: i18n.t.marks.preview, keys: [], run: view("preview") },
    { id: "guidelines", label: t.guidelines, keys: [key("guidelines")], run: show("guidelines") },
    { id: "why", label: t.why, keys: [key("why")], run: show("why") },
    { id: "similar", label: i18n.t.comfort.similar.show, keys: [key("similar")], run: show("similar") },
    {
      id: "similar-take",
      label: i18n.t.comfort.similar.takeNext,
      keys: [key("similar-take")],
      enabled: can,
      run: async () => {
        const held = desk.current;
        if (!held) return;
        show("similar")();
        panes.view = "text";
        await similar.load(app.api, held.id);
        if (desk.current === held) app.say(takenWords(similar.takeNext(held)));
      },
    },
    { id: "history", label: i18n.t.comfort.history.show, keys: [], run: show("history") },
    { id: "text", label: i18n.t.comfort.commands.textView, keys: [], run: () => (panes.view = "text") },
    { id: "search", label: t.searchKey, keys: [key("search")], run: go.search },
    {
      id: "fold-queue",
      label: panes.queue ? t.foldQueue : t.showQueue,
      keys: [key("fold-queue")],
      run: () => (panes.queue = !panes.queue),
    },
    {
      id: "fold-context",
      label: panes.context ? t.foldContext : t.showContext,
      keys: [key("fold-context")],
      run: () => (panes.context = !panes.context),
    },
  ];
}

/** What the key for similar texts did. */
function takenWords(took: ReturnType<typeof similar.takeNext>): string {
  const t = i18n.t.comfort.similar;
  if (took === "nothing") return t.nothing;
  return took === "own" ? t.own : t.taken(took + 1, similar.found.length);
}

/** Choosing requests for a decision at once. */
function pickActions(key: (action: KeyAction) => string, desk: Desk, go: Doing): Action[] {
  const t = i18n.t.bulk;
  const item = () => desk.current?.id ?? null;
  const onItem = (run: (item: number) => unknown) => () => {
    const current = item();
    return current === null ? undefined : run(current);
  };
  return [
    {
      id: "pick",
      label: t.pick,
      keys: [key("pick")],
      enabled: () => item() !== null,
      run: onItem((i) => picks.toggle(i)),
    },
    {
      id: "pick-to",
      label: t.pickTo,
      keys: [key("pick-to")],
      enabled: () => item() !== null,
      run: onItem((i) => go.pickTo(i)),
    },
    {
      id: "bulk-approve",
      label: t.approve,
      keys: [key("bulk-approve")],
      enabled: () => picks.size > 0,
      run: () => go.bulk("approve"),
    },
    {
      id: "bulk-reject",
      label: t.reject,
      keys: [key("bulk-reject")],
      enabled: () => picks.size > 0,
      run: () => go.bulk("reject"),
    },
    {
      id: "clear-picks",
      label: t.clear,
      keys: ["Escape"],
      enabled: () => picks.size > 0,
      run: () => picks.clear(),
    },
  ];
}
