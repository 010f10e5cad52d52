// The contract, in memory: for looking at the window without the shell, and for tests. Never part of the build.
// Invariant: it answers as the real shell does, with the same error codes, so that what works here works there.
import type {
  ActivityRow,
  AppEvent,
  Changes,
  CommandError,
  Decision,
  DecisionInput,
  DeskView,
  EngineStatus,
  ErrorCode,
  ExportFormat,
  Field,
  Found,
  HistoryKind,
  HubUnfinished,
  HubWanted,
  ImportReport,
  ItemView,
  Model,
  ModelProgress,
  Output,
  Progress,
  QueueQuery,
  QueueRow,
  Settings,
  StateCounts,
  Trouble,
  UseCase,
  UseCaseInput,
} from "../src/api";
import { defaultKeys } from "../src/api";
import { FakeApi } from "./fake-api";
import { FakeBackups } from "./fake-backups";
import { FakeDatasets } from "./fake-datasets";
import { FakeGovernance } from "./fake-governance";
import { FakeSinks } from "./fake-sinks";
import { dayOf, everything, letsThrough, snippetOf } from "./fake-queue";
import { FakeLevels } from "./fake-desk";
import { FakeOutputs, itemOf, mustFit } from "./fake-outputs";
import { FakeSteps } from "./fake-steps";
import { similarTo } from "./fake-similar";
import { fakeTokens, imported, makeDraft, makeItem, measured, NOW, random, sampleUseCase, starter } from "./sample";

type Listen<T> = { onmessage: (event: T) => void };
export type FakeOptions = {
  filled?: boolean;
  /** Two more use cases: one that has just begun, one that is far. */
  several?: boolean;
  /** What the outputs of the sample's use case are. */
  output?: Output;
  /** The fall of the level has not been seen yet. */
  fallen?: boolean;
  items?: number;
  delay?: number;
  trouble?: Trouble | null;
  settings?: Partial<Settings>;
  drafting?: boolean;
  paused?: boolean;
};

function refuse(code: ErrorCode, message: string): never {
  const error: CommandError = { code, message };
  throw error;
}
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
const LEASE_MS = 60_000;

export class FakeBackend {
  settings: Settings = {
    locale: "en",
    theme: "light",
    person: "Mina Kim",
    role: "admin",
    undoSeconds: 10,
    paceWords: true,
    power: { watts: 40, price: null, currency: "€" },
    hub: { on: false, address: "https://hub.example" },
    keys: {},
  };
  useCases: UseCase[] = [];
  models: Model[] = [];
  sinks = new FakeSinks(() => this.useCases);
  unfinished: HubUnfinished[] = [];
  items = new Map<number, ItemView>();
  activity: ActivityRow[] = [];
  levels = new FakeLevels({
    settings: () => this.settings,
    useCases: () => this.useCases,
    counts: (useCase) => this.#countsOf(useCase),
    changed: (what) => this.changed({ activity: true, ...what }),
  });
  trouble: Trouble | null;
  engine: EngineStatus = { activity: "idle", model: null, done: 0, total: 0, tokensPerSecond: 0, secondsLeft: null };
  calls: string[] = [];
  zoom = 100;
  governance = new FakeGovernance({
    who: () => this.settings,
    log: (kind, useCase, detail, at) =>
      this.activity.unshift({
        id: this.activity.length + 1,
        at,
        actor: this.settings.person,
        kind,
        item: null,
        itemUid: null,
        useCase,
        detail,
      }),
    changed: () => this.changed({ useCases: true, levels: true, activity: true }),
    drafter: (useCase) => this.useCases.find((u) => u.id === useCase)?.drafterVersion ?? 0,
    exists: (useCase) => this.useCases.some((u) => u.id === useCase),
  });
  outputs = new FakeOutputs({
    mine: (item, epoch) => this.#mine(item, epoch),
    stream: (text, token, on) => this.#stream(text, token, on),
    log: (kind, item, detail) => this.#log(kind, item, detail),
    refuse,
  });
  backups = new FakeBackups({ refuse, isAdmin: () => this.settings.role === "admin" });
  datasets = new FakeDatasets({
    who: () => this.settings,
    items: () => [...this.items.values()],
    reasons: () => this.useCases[0]?.reasons.map((r) => r.code) ?? [],
    log: (kind, detail) => this.#log(kind, null, detail),
    changed: () => this.changed({ activity: true }),
    cancelled: (token) => this.#cancelled.has(token),
    rest: async () => {
      await wait(this.#delay * 20);
    },
  });
  localApi = new FakeApi({ settings: () => this.settings, now: () => Date.now() });
  /** How the decided items were come by. */
  found: Found[] = [];
  /** Known-bad items among the waiting ones. */
  seeded = new Set<number>([2]);
  /** The changed keys of each person. */
  #keys = new Map<string, Settings["keys"]>();
  #deskViews = new Map<string, DeskView>();
  steps = new FakeSteps({
    settings: () => this.settings,
    item: (id) => this.#item(id),
    mine: (id, epoch) => this.#mine(id, epoch),
    claim: (i) => this.#claim(i),
    stand: (i, decision) => this.#stand(i, decision),
    fall: (i) => this.#fall(i),
    seeded: (id) => this.seeded.has(id),
    output: (useCase) => this.useCases.find((u) => u.id === useCase)?.output,
    now: () => Date.now(),
  });
  #listeners: Listen<AppEvent>[] = [];
  #cancelled = new Set<string>();
  #delay: number;
  #size: number;
  #output: Output;

  constructor(options: FakeOptions = {}) {
    this.#delay = options.delay ?? 3;
    this.#size = options.items ?? 240;
    this.trouble = options.trouble ?? null;
    Object.assign(this.settings, options.settings);
    this.#output = options.output ?? { kind: "text" };
    if (options.filled) this.#fill();
    if (options.paused) this.governance.pauseFor(1, "Adaeze Obi", "The refund policy changes on Monday.");
    if (options.several) this.#more();
    if (options.fallen)
      this.levels.notices = this.levels.notices.map((n) => ({ ...n, seen: n.seen && n.kind !== "fell" }));
    if (options.drafting) {
      this.engine = {
        activity: "drafting",
        model: "Gait Starter 8M",
        done: 37,
        total: 200,
        tokensPerSecond: 41.3,
        secondsLeft: 184,
      };
    }
  }

  /** What `mockIPC` calls: a command's wire name and its arguments. */
  invoke = async (command: string, args: unknown): Promise<unknown> => {
    this.calls.push(command);
    await wait(this.#delay);
    const run =
      this.#commands[command] ??
      this.governance.commands[command] ??
      this.steps.commands[command] ??
      this.sinks.commands[command] ??
      this.levels.commands[command] ??
      this.datasets.commands[command] ??
      this.localApi.commands[command] ??
      this.backups.commands[command];
    if (!run) return refuse("internal", `no command ${command}`);
    return structuredClone(await run((args ?? {}) as never));
  };

  emit(event: AppEvent): void {
    for (const l of this.#listeners) l.onmessage(structuredClone(event));
  }
  changed(c: Partial<Changes>): void {
    this.emit({
      type: "changed",
      data: {
        queue: false,
        useCases: false,
        levels: false,
        models: false,
        activity: false,
        settings: false,
        items: [],
        ...c,
      },
    });
  }

  #log(kind: HistoryKind, item: ItemView | null, detail: string | null = null, actor = this.settings.person): void {
    const at = Date.now();
    this.activity.unshift({
      id: this.activity.length + 1,
      at,
      actor,
      kind,
      item: item?.id ?? null,
      itemUid: item?.uid ?? null,
      useCase: 1,
      detail,
    });
    item?.history.push({ at, actor, kind, detail });
  }

  #fill(): void {
    this.#install();
    this.governance.fill(1);
    this.sinks.fill();
    const r = random(42);
    for (const item of this.items.values()) {
      if (item.id <= 150) continue;
      const verdict = r() < 0.82 ? "approve" : r() < 0.6 ? "edit" : "reject";
      const by = r() < 0.35 ? "policy" : "person";
      item.state = verdict === "reject" ? "rejected" : "delivered";
      const at = NOW - Math.round(r() * 12 * 86_400_000);
      item.decision = {
        id: item.id,
        by,
        actor: by === "policy" ? "policy" : "Mina Kim",
        verdict: by === "policy" ? "approve" : verdict,
        draft: item.drafts[0]?.id ?? 0,
        text: null,
        reasons: verdict === "reject" ? ["wrong"] : [],
        note: null,
        editDistance: 0,
        at,
        deliveryState: "done",
        deliverAt: at,
      };
      if (by === "policy") item.state = "delivered";
    }
    for (const id of [31, 57]) {
      const i = this.items.get(id);
      if (i) {
        i.state = "failed";
        i.error = "the prompt has 1,204 tokens, the model's context 1,024";
        i.drafts = [];
      }
    }
    for (const id of [12, 44, 61]) {
      const i = this.items.get(id);
      if (i) i.state = "escalated";
    }
    for (let id = 120; id <= 150; id += 1) {
      const i = this.items.get(id);
      if (i) {
        i.state = "received";
        i.drafts = [];
      }
    }
    for (const id of [152, 160, 171, 183, 190]) {
      const i = this.items.get(id);
      if (i) i.audit = { id, kind: id === 171 ? "re_review" : "audit", dueAt: NOW + (id - 158) * 1_500_000 };
    }
    const other = this.items.get(3);
    if (other) {
      other.heldBy = "Adaeze";
      other.state = "in_review";
    }
    this.levels.fill(1, 4200, 60, 90);
    this.models.push({
      ...structuredClone(imported),
      measured: { ...measured, at: NOW - 1_800_000 },
      checked: { at: NOW - 600_000, same: true, sha256: imported.facts.sha256 },
    });
    this.unfinished.push({
      name: "mina/small-GGUF/small-1.5b-q4_k_m.gguf",
      revision: "main",
      done: 412_000_000,
      total: 1_117_320_736,
    });
    this.datasets.fill();
    const kinds: [HistoryKind, string | null][] = [
      ["level_raised", "Crawl → Walk"],
      ["imported", "240 requests from sample.csv"],
      ["model_added", "Qwen2.5 0.5B Instruct"],
      ["exported", "86 rows, sft"],
      ["use_case_changed", "prompt version 2"],
    ];
    kinds.forEach(([kind, detail], i) =>
      this.activity.push({
        id: 1000 + i,
        at: NOW - (i + 1) * 7_300_000,
        actor: "Mina Kim",
        kind,
        item: null,
        itemUid: null,
        useCase: 1,
        detail,
      }),
    );
    for (let i = 0; i < 90; i += 1) {
      const item = this.items.get(151 + (i % 80));
      if (item)
        this.activity.push({
          id: 2000 + i,
          at: NOW - 40_000_000 - i * 1_100_000,
          actor: i % 3 ? "Mina Kim" : "Gait Starter 8M",
          kind: i % 3 ? (i % 7 ? "approved" : "edited") : "drafted",
          item: item.id,
          itemUid: item.uid,
          useCase: 1,
          detail: null,
        });
    }
  }

  #install(): UseCase {
    const there = this.useCases[0];
    if (there) return there;
    const useCase = { ...sampleUseCase(), output: this.#output };
    this.useCases.push(useCase);
    this.models.push({ ...structuredClone(starter), usedBy: [useCase.name] });
    this.engine = { ...this.engine, model: "Gait Starter 8M" };
    for (let id = 1; id <= this.#size; id += 1) this.items.set(id, itemOf(this.#output, makeItem(id, useCase.id)));
    return useCase;
  }

  /** As after the sample: drafts come in one by one. */
  async #draftAll(): Promise<void> {
    const waiting = [...this.items.values()];
    for (const i of waiting) Object.assign(i, { state: "received", drafts: [] });
    this.engine = {
      activity: "loading",
      model: "Gait Starter 8M",
      done: 0,
      total: waiting.length,
      tokensPerSecond: 0,
      secondsLeft: null,
    };
    this.emit({ type: "engine", data: this.engine });
    await wait(600);
    for (const [n, item] of waiting.entries()) {
      await wait(n < 3 ? 300 : 120);
      Object.assign(item, { state: "drafted", drafts: makeItem(item.id, 1).drafts });
      this.engine = {
        activity: "drafting",
        model: "Gait Starter 8M",
        done: n + 1,
        total: waiting.length,
        tokensPerSecond: 41,
        secondsLeft: (waiting.length - n) * 0.12,
      };
      this.emit({ type: "engine", data: this.engine });
      this.changed({ queue: true, items: [item.id] });
    }
    this.engine = { ...this.engine, activity: "idle" };
    this.emit({ type: "engine", data: this.engine });
  }

  /** A use case that has just begun beside one that is far. */
  #more(): void {
    const first = this.useCases[0];
    if (!first) return;
    this.useCases.push(
      { ...structuredClone(first), id: 2, name: "Returns: sort by reason", level: "crawl", audience: "internal" },
      { ...structuredClone(first), id: 3, name: "Order status, German", level: "run", audience: "external" },
      { ...structuredClone(first), id: 4, name: "Product questions", level: "crawl", audience: "external" },
    );
    this.levels.fill(2, 130, 4, 0);
    this.levels.fill(3, 6000, 90, 160);
  }
  #countsOf(useCase: number): StateCounts {
    if (useCase === 1) return this.#counts();
    const n = this.levels.world(useCase).judged.length;
    const none = { received: 0, drafting: 0, inReview: 0, approved: 0, failed: 0, escalated: 0 };
    return { ...none, drafted: n ? 12 : 0, delivered: Math.round(n * 0.9), rejected: Math.round(n * 0.05) };
  }

  #counts(): StateCounts {
    const c: StateCounts = {
      received: 0,
      drafting: 0,
      drafted: 0,
      inReview: 0,
      approved: 0,
      delivered: 0,
      failed: 0,
      rejected: 0,
      escalated: 0,
    };
    for (const i of this.items.values()) c[i.state === "in_review" ? "inReview" : i.state] += 1;
    return c;
  }
  #useCaseList(): UseCase[] {
    return this.useCases.map((u) => ({ ...u, counts: this.#countsOf(u.id) }));
  }

  #rows(q: QueueQuery): ItemView[] {
    const inTab = (i: ItemView): boolean => {
      switch (q.tab) {
        case "waiting":
          return i.state === "drafted" || i.state === "in_review";
        case "drafting":
          return i.state === "received" || i.state === "drafting";
        case "decided":
          return i.decision !== null && i.audit === null;
        case "audits":
          return i.audit !== null;
        case "escalated":
          return i.state === "escalated";
        case "failed":
          return i.state === "failed";
        case "all":
          return true;
      }
    };
    const rows = [...this.items.values()].filter((i) => i.useCase === q.useCase && inTab(i) && letsThrough(q, i));
    if (q.text) return rows.sort((a, b) => b.id - a.id);
    if (q.order === "least_confident")
      rows.sort((a, b) => (a.drafts.at(-1)?.confidence ?? 1) - (b.drafts.at(-1)?.confidence ?? 1));
    if (q.tab === "audits") rows.sort((a, b) => (a.audit?.dueAt ?? 0) - (b.audit?.dueAt ?? 0));
    else if (q.order === "oldest") rows.sort((a, b) => a.receivedAt - b.receivedAt);
    return rows;
  }
  #row(i: ItemView, text: string): QueueRow {
    return {
      id: i.id,
      uid: i.uid,
      preview: i.fields[0]?.value ?? "",
      found: snippetOf(i, text),
      slice: i.slice,
      audience: i.audience,
      state: i.state,
      confidence: i.drafts.at(-1)?.confidence ?? null,
      receivedAt: i.receivedAt,
      heldBy: i.heldBy,
      // What was decided stays hidden while someone is to look a second time.
      verdict: i.audit ? null : (i.decision?.verdict ?? null),
      error: i.error,
      dueAt: i.audit?.dueAt ?? null,
    };
  }
  #item(id: number): ItemView {
    const there = this.items.get(id) ?? this.#past(id);
    return there ?? refuse("not_found", `there is no item ${id}`);
  }
  /** An item that only the world of the levels remembers: long decided. */
  #past(id: number): ItemView | null {
    if (id < 10_000) return null;
    const d = this.levels.judged(id);
    const i: ItemView = { ...makeItem(id, Math.floor(id / 10_000)), state: "delivered" };
    i.decision = {
      id,
      by: d ? "person" : "policy",
      actor: d ? "Adaeze Obi" : "policy",
      verdict: d?.verdict ?? "approve",
      draft: id * 10 + 1,
      text: d?.verdict === "edit" ? `${i.drafts[0]?.text ?? ""} Please write to us if anything else is open.` : null,
      reasons: d?.verdict === "reject" ? ["wrong"] : [],
      note: null,
      editDistance: 0,
      at: d?.at ?? NOW,
      deliveryState: "done",
      deliverAt: null,
    };
    return i;
  }
  /** Nothing of what was decided, for whoever looks a second time. */
  #blind(i: ItemView): ItemView {
    return i.audit ? { ...i, decision: null, history: [] } : i;
  }
  #claim(i: ItemView): ItemView {
    const free = i.heldBy === null || i.heldBy === this.settings.person;
    const open = ["drafted", "in_review", "escalated"].includes(i.state) || i.audit !== null;
    if (!free || !open) return { ...this.#blind(i), lease: null };
    // One's own claim is kept under its epoch.
    const epoch = (i.lease?.epoch ?? 0) + (i.heldBy === null || i.lease === null ? 1 : 0);
    i.heldBy = this.settings.person;
    if (i.state === "drafted") i.state = "in_review";
    i.lease = { epoch, until: Date.now() + LEASE_MS };
    return this.#blind(i);
  }
  #mine(id: number, epoch: number): ItemView {
    const i = this.#item(id);
    if (i.lease?.epoch !== epoch || i.heldBy !== this.settings.person)
      refuse("stale", "someone else has this item now");
    return i;
  }
  #free(i: ItemView): void {
    i.heldBy = null;
    if (i.state === "in_review") i.state = "drafted";
  }

  #decide(d: DecisionInput) {
    const i = this.#mine(d.item, d.epoch);
    if (d.verdict !== "reject" && !i.audit)
      mustFit(
        this.useCases.find((u) => u.id === i.useCase)?.output,
        d.text ?? i.drafts.find((x) => x.id === d.draft)?.text ?? "",
        refuse,
      );
    const decision: Decision = {
      id: Date.now(),
      by: "person",
      actor: this.settings.person,
      verdict: d.verdict,
      draft: d.draft,
      text: d.text,
      reasons: d.reasons,
      note: d.note,
      editDistance: 0,
      at: Date.now(),
      deliveryState: d.verdict === "reject" ? "none" : "waiting",
      deliverAt: d.verdict === "reject" ? null : Date.now() + this.settings.undoSeconds * 1000,
    };
    this.found.push(d.found);
    if (i.audit) {
      i.audit = null;
      i.typed = null;
      i.heldBy = null;
      this.steps.keep("audit", [{ item: i, decision: null, was: null }]);
      this.changed({ queue: true, levels: true, items: [i.id] });
      return { decision, levelFell: null, seeded: null };
    }
    this.#stand(i, decision);
    this.steps.keep("decide", [{ item: i, decision, was: null }], d.viewedMs);
    return { decision, levelFell: null, seeded: this.seeded.has(i.id) ? d.verdict !== "approve" : null };
  }

  /** A decision stands: its item leaves the queue. */
  #stand(i: ItemView, decision: Decision): void {
    i.decision = decision;
    i.state = decision.verdict === "reject" ? "rejected" : "approved";
    i.typed = null;
    i.heldBy = null;
    this.#log(
      decision.verdict === "approve" ? "approved" : decision.verdict === "edit" ? "edited" : "rejected",
      i,
      decision.note,
    );
    this.changed({ queue: true, activity: true, items: [i.id] });
  }
  #fall(i: ItemView): void {
    i.decision = null;
    i.state = "drafted";
    i.heldBy = null;
    this.#log("undone", i);
    this.changed({ queue: true, activity: true, items: [i.id] });
  }

  async #stream(text: string, token: string, on: Listen<string>): Promise<void> {
    await wait(this.#delay * 30);
    for (const piece of text.match(/\s*\S+/g) ?? []) {
      if (this.#cancelled.has(token)) refuse("cancelled", "stopped");
      on.onmessage(piece);
      await wait(this.#delay * 10);
    }
  }
  async #progress(total: number, token: string, on: Listen<Progress>): Promise<boolean> {
    for (let done = 0; done <= total; done += Math.ceil(total / 12)) {
      if (this.#cancelled.has(token)) return true;
      on.onmessage({ done, total, perSecond: 1850 });
      await wait(this.#delay * 20);
    }
    return false;
  }

  #exportPreview(format: ExportFormat) {
    const rows = [...this.items.values()].filter((i) => i.decision && i.decision.verdict !== "reject");
    return {
      rows: format === "preference" ? Math.round(rows.length / 8) : rows.length,
      skipped: rows.length
        ? [
            { reason: "rejected: there is no approved text", count: 9 },
            { reason: "approved without a person", count: 27 },
          ]
        : [],
      sample: rows.slice(0, 3).map((i) =>
        JSON.stringify({
          messages: [
            { role: "user", content: i.fields[0]?.value },
            { role: "assistant", content: i.drafts[0]?.text },
          ],
          item: i.uid,
        }),
      ),
    };
  }

  #model(id: number): Model {
    return this.models.find((m) => m.id === id) ?? refuse("not_found", "there is no such model");
  }

  async #steps(step: ModelProgress["step"], total: number, token: string, on: Listen<ModelProgress>): Promise<void> {
    for (let i = 1; i <= 20; i++) {
      if (this.#cancelled.has(token)) refuse("cancelled", "cancelled");
      on.onmessage({ step, done: Math.round((total * i) / 20), total, perSecond: total / 8 });
      await wait(this.#delay * 20);
    }
  }

  #commands: Record<string, (a: never) => unknown> = {
    app_status: () => ({
      version: "0.1.0",
      settings: this.settings,
      dataFolder: "/home/mina/.local/share/gait",
      trouble: this.trouble,
      useCases: this.#useCaseList(),
      engine: this.engine,
      sampleAvailable: true,
    }),
    subscribe: (a: { onEvent: Listen<AppEvent> }) => {
      this.#listeners.push(a.onEvent);
      return null;
    },
    settings_save: (a: { settings: Settings }) => {
      const { person, keys } = a.settings;
      const mine = person === this.settings.person ? keys : (this.#keys.get(person) ?? {});
      const all = defaultKeys.map(([action, key]) => mine[action] ?? key);
      if (new Set(all).size < all.length) refuse("invalid", "key: one action for each key");
      this.#keys.set(person, mine);
      return (this.settings = { ...a.settings, keys: mine });
    },
    sample_install: () => {
      const u = this.#install();
      void this.#draftAll();
      return u;
    },
    pick_path: (a: { kind: string }) =>
      ({
        requests: "/home/mina/inbox.csv",
        model: "/home/mina/models/qwen2.5-0.5b-instruct-q4_k_m.gguf",
        export: "/home/mina/feedback.jsonl",
        folder: "/home/mina/out",
        outbox: "/home/mina/outbox.jsonl",
      })[a.kind] ?? null,
    drafting_pause: (a: { paused: boolean }) => {
      this.engine = { ...this.engine, activity: a.paused ? "paused" : this.engine.total ? "drafting" : "idle" };
      return this.engine;
    },
    person_active: () => null,
    job_cancel: (a: { token: string }) => {
      this.#cancelled.add(a.token);
      return null;
    },
    use_case_list: () => this.#useCaseList(),
    use_case_save: (a: { input: UseCaseInput }) => {
      if (this.settings.role !== "admin")
        refuse("not_allowed", `${this.settings.person} may not change a use case: it takes an admin`);
      const old = this.useCases.find((u) => u.id === a.input.id);
      const saved: UseCase = { ...(old ?? sampleUseCase()), ...a.input, id: old?.id ?? this.useCases.length + 1 };
      if (!old) Object.assign(saved, { level: "crawl", drafterVersion: 1, modelName: "Gait Starter 8M" });
      this.useCases = old ? this.useCases.map((u) => (u === old ? saved : u)) : [...this.useCases, saved];
      this.changed({ useCases: true });
      return saved;
    },
    use_case_try: async (a: { input: UseCaseInput; fields: Field[]; token: string; onToken: Listen<string> }) => {
      const text =
        "Shipping within Germany costs 4.90 EUR and is free from 60 EUR. Orders arrive within 2 to 4 working days.";
      await this.#stream(text, a.token, a.onToken);
      return {
        text,
        confidence: 0.87,
        ttftMs: 92,
        tpotMs: 10.1,
        promptTokens: 212,
        outputTokens: 31,
        stop: "end",
        labels: [],
      };
    },
    queue_page: (a: { query: QueueQuery }) => {
      const rows = this.#rows(a.query);
      const all = [...this.items.values()];
      return {
        total: rows.length,
        whole: true,
        of: this.#rows({ ...a.query, ...everything }).length,
        rows: rows.slice(a.query.offset, a.query.offset + a.query.limit).map((i) => this.#row(i, a.query.text)),
        slices: [...new Set(all.map((i) => i.slice))].filter((s) => s !== null).sort(),
        sources: [...new Set(all.map((i) => i.source))].sort(),
        holders: [...new Set(all.map((i) => i.heldBy))].filter((s) => s !== null).sort(),
        day: dayOf(this.steps.verdicts, this.levels.notices.length > 0),
      };
    },
    desk_view: (a: { useCase: number }) =>
      this.#deskViews.get(`${a.useCase} ${this.settings.person}`) ?? {
        tab: "waiting",
        order: "priority",
        ...everything,
      },
    desk_view_keep: (a: { useCase: number; view: DeskView }) => {
      this.#deskViews.set(`${a.useCase} ${this.settings.person}`, a.view);
      return null;
    },
    item_next: (a: { query: QueueQuery; exclude: number[] }) => {
      const next = this.#rows({
        ...a.query,
        tab: a.query.tab === "escalated" || a.query.tab === "audits" ? a.query.tab : "waiting",
      }).find((i) => !a.exclude.includes(i.id) && (i.heldBy === null || i.heldBy === this.settings.person));
      return next ? this.#claim(next) : null;
    },
    item_open: (a: { item: number }) => this.#claim(this.#item(a.item)),
    item_similar: (a: { item: number }) => similarTo(this.#item(a.item), this.items.values()),
    item_heartbeat: (a: { item: number; epoch: number }) => {
      this.#mine(a.item, a.epoch);
      return null;
    },
    item_release: (a: { item: number; epoch: number }) => {
      this.#free(this.#mine(a.item, a.epoch));
      return null;
    },
    item_autosave: (a: { item: number; epoch: number; text: string }) => {
      this.#mine(a.item, a.epoch).typed = a.text;
      return null;
    },
    item_decide: (a: { decision: DecisionInput }) => this.#decide(a.decision),
    item_skip: (a: { item: number; epoch: number }) => {
      const i = this.#mine(a.item, a.epoch);
      this.#free(i);
      this.items.delete(i.id);
      this.items.set(i.id, i);
      this.#log("skipped", i);
      this.steps.keep("skip", [{ item: i, decision: null, was: null }]);
      this.changed({ queue: true });
      return null;
    },
    item_escalate: (a: { item: number; epoch: number; note: string }) => {
      const i = this.#mine(a.item, a.epoch);
      i.heldBy = null;
      i.state = "escalated";
      this.#log("escalated", i, a.note);
      this.steps.keep("escalate", [{ item: i, decision: null, was: null }]);
      this.changed({ queue: true, activity: true });
      return null;
    },
    draft_tokens: (a: { draft: number }) => {
      // A draft of a past item is numbered by its item too.
      const item = this.#item(Math.floor(a.draft / 10));
      const draft = item.drafts.find((d) => d.id === a.draft) ?? refuse("not_found", `there is no draft ${a.draft}`);
      return fakeTokens(draft.id, draft.text);
    },
    item_regenerate: async (a: {
      item: number;
      epoch: number;
      hint: string | null;
      token: string;
      onToken: Listen<string>;
    }) => {
      const i = this.#mine(a.item, a.epoch);
      const text = `${i.drafts[0]?.text ?? ""} Please write to us if anything else is open.`;
      await this.#stream(text, a.token, a.onToken);
      i.drafts.push(makeDraft(i.id, i.drafts.length + 1, text, 0.81, 0.9, a.hint));
      i.draft = i.drafts.at(-1)?.id ?? null;
      this.#log("regenerated", i, a.hint);
      return i;
    },
    item_branch: (a: Parameters<FakeOutputs["branch"]>[0]) => this.outputs.branch(a),
    correction_send: (a: { item: number; text: string; note: string }) => {
      const i = this.items.get(a.item);
      if (i?.state !== "delivered" || !i.decision) return this.levels.commands["correction_send"]?.(a as never);
      i.decision = {
        ...i.decision,
        id: Date.now(),
        by: "person",
        actor: this.settings.person,
        verdict: "edit",
        text: a.text,
        note: a.note || null,
        at: Date.now(),
        deliveryState: "waiting",
        deliverAt: Date.now(),
      };
      i.state = "approved";
      this.steps.keep("correct", [{ item: i, decision: null, was: null }]);
      this.#log("corrected", i, a.note);
      this.changed({ queue: true, activity: true, items: [i.id] });
      return null;
    },
    items_retry: () => {
      let n = 0;
      for (const i of this.items.values())
        if (i.state === "failed") {
          i.state = "received";
          i.error = null;
          n += 1;
        }
      this.changed({ queue: true });
      return n;
    },
    import_preview: (a: { source: { path: string } }) => {
      if (a.source.path.includes("missing")) refuse("file", `${a.source.path}: no such file`);
      return {
        format: "csv",
        encoding: "UTF-8",
        guessed: false,
        delimiter: ",",
        columns: ["ticket", "message", "language", "team"],
        rows: [1, 2, 4, 6].map((id) => {
          const i = makeItem(id, 1);
          return [i.externalId ?? "", i.fields[0]?.value ?? "", id % 2 ? "en" : "ko", i.slice ?? ""];
        }),
        mapping: { id: "ticket", audience: null, slice: "team", priority: null, fields: ["message"] },
        problems: ["line 88 has five columns instead of four"],
        bytes: 184_220,
      };
    },
    import_run: async (a: { token: string; onProgress: Listen<Progress> }): Promise<ImportReport> => {
      const cancelled = await this.#progress(1840, a.token, a.onProgress);
      this.#log("imported", null, "1,806 requests from inbox.csv");
      return {
        accepted: 1806,
        duplicates: 31,
        rejects: [
          { line: 88, reason: "five columns instead of four", excerpt: 'T-0088,"Where is, my order",en,delivery,x' },
          { line: 412, reason: "the message is empty", excerpt: "T-0412,,en,return" },
          { line: 977, reason: "not UTF-8", excerpt: "T-0977,Gr�sse,de,other" },
        ],
        rejectsTotal: 3,
        cancelled,
      };
    },
    export_preview: (a: { format: ExportFormat }) => this.#exportPreview(a.format),
    export_run: async (a: { format: ExportFormat; path: string; token: string; onProgress: Listen<Progress> }) => {
      const p = this.#exportPreview(a.format);
      await this.#progress(p.rows, a.token, a.onProgress);
      this.#log("exported", null, `${p.rows} rows, ${a.format}`);
      return {
        path: a.path,
        rows: p.rows,
        bytes: 48_213,
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        skipped: p.skipped,
      };
    },
    model_list: () => this.models,
    model_inspect: (a: { path: string }) => {
      if (!a.path.endsWith(".gguf")) refuse("model", "The file is a text file; expected a model in the GGUF format.");
      const { facts, portrait, memory } = imported;
      return { facts, portrait, memory };
    },
    model_import: (a: { path: string }) => {
      const m = { ...structuredClone(imported), id: this.models.length + 1, path: a.path };
      this.models.push(m);
      this.changed({ models: true });
      return m;
    },
    model_remove: (a: { model: number; deleteFile: boolean }) => {
      const m = this.#model(a.model);
      if (a.deleteFile && !m.deletable) refuse("invalid", "Model’s file: a file that may be deleted.");
      this.models = this.models.filter((m) => m.id !== a.model);
      this.#log(a.deleteFile ? "model_deleted" : "model_removed", null, m.facts.name);
      this.changed({ models: true });
      return null;
    },
    model_verify: async (a: { model: number; token: string; onProgress: Listen<ModelProgress> }) => {
      const m = this.#model(a.model);
      await this.#steps("reading", m.facts.bytes, a.token, a.onProgress);
      m.checked = { at: Date.now(), same: m.trouble === null, sha256: m.facts.sha256 };
      return m;
    },
    model_measure: async (a: { model: number; token: string; onProgress: Listen<ModelProgress> }) => {
      const m = this.#model(a.model);
      a.onProgress.onmessage({ step: "loading", done: null, total: null, perSecond: 0 });
      await wait(this.#delay * 20);
      await this.#steps("alone", 64, a.token, a.onProgress);
      await this.#steps("together", 512, a.token, a.onProgress);
      m.measured = { ...measured, at: Date.now() };
      return m;
    },
    hub_download: async (a: { wanted: HubWanted; token: string; onProgress: Listen<ModelProgress> }) => {
      if (!this.settings.hub.on) refuse("not_allowed", "Downloading is switched off: nothing was asked of any host.");
      a.onProgress.onmessage({ step: "asking", done: null, total: null, perSecond: 0 });
      await wait(this.#delay * 20);
      await this.#steps("receiving", 1_117_320_736, a.token, a.onProgress);
      if (a.wanted.name.includes("missing")) refuse("hub", "The hub has no such file: look at its spelling.");
      const m = {
        ...structuredClone(imported),
        id: this.models.length + 1,
        origin: `hub.example/${a.wanted.name} @ 0123abc`,
      };
      this.unfinished = this.unfinished.filter((u) => u.name !== a.wanted.name);
      this.models.push(m);
      this.changed({ models: true });
      return m;
    },
    hub_unfinished: () => this.unfinished,
    hub_discard: (a: { name: string }) => {
      this.unfinished = this.unfinished.filter((u) => u.name !== a.name);
      return null;
    },
    window_zoom: (a: { percent: number }) => {
      if (a.percent < 50 || a.percent > 300) refuse("invalid", "The size is 50 to 300 %.");
      this.zoom = a.percent;
      return null;
    },
    activity_page: (a: { query: { offset: number; limit: number } }) => ({
      total: this.activity.length,
      rows: this.activity.slice(a.query.offset, a.query.offset + a.query.limit),
    }),
  };
}
