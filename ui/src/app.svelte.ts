// What the whole window shares: who and what, which page, what is stale, and the words of the last outcome.
// Invariant: the window never guesses; it fetches again what an event of the shell named as stale.
import {
  api as tauri,
  failure,
  type Api,
  type AppEvent,
  type AppStatus,
  type Dropped,
  type EngineStatus,
  type Settings,
} from "./api";
import type { Changes, Notice, Trouble, UseCase } from "./api";
import { i18n, resolveLocale } from "./i18n/index.svelte";
import { painted } from "./painted";

export const PAGES = ["review", "overview", "use-cases", "data", "models", "activity", "settings"] as const;
export type PageName = (typeof PAGES)[number];

export type Toast = {
  id: number;
  kind: "done" | "problem";
  text: string;
  detail?: string | undefined;
  action?: { label: string; run: () => void } | undefined;
};
/** What a page is asked to open with, e.g. the import section of Data. */
export type Intent =
  "import" | "export" | "new-use-case" | "import-model" | "raise" | "hub" | "audits" | "switches" | null;

/** What the Overview shows instead of the use case (the report of a move, or the simulator), or the part it opens at. */
export type OverviewPlace = { report: number } | { part: string } | "simulator" | null;
/** Items to look at one after the other in Review, and which one is next. */
export type Walk = { items: number[]; at: number };

class App {
  api: Api = tauri;
  phase = $state<"starting" | "ready" | "failed">("starting");
  startError = $state("");
  version = $state("");
  dataFolder = $state("");
  sampleAvailable = $state(false);
  settings = $state<Settings>({
    locale: "system",
    theme: "system",
    person: "",
    role: "admin",
    undoSeconds: 10,
    paceWords: true,
    power: { watts: 40, price: null, currency: "€" },
    hub: { on: false, address: "" },
    keys: {},
  });
  useCases = $state.raw<UseCase[]>([]);
  useCaseId = $state<number | null>(null);
  engine = $state.raw<EngineStatus>({
    activity: "idle",
    model: null,
    done: 0,
    total: 0,
    tokensPerSecond: 0,
    secondsLeft: null,
  });
  trouble = $state.raw<Trouble | null>(null);
  page = $state<PageName>("review");
  /** True while the person builds the first use case instead of taking the welcome page. */
  leftWelcome = $state(false);
  intent = $state<Intent>(null);
  overviewPlace = $state.raw<OverviewPlace>(null);
  /** Items that a page has sent to Review; they stay until the person goes on by themselves. */
  walk = $state.raw<Walk | null>(null);
  /** What was dropped onto the window, until the Models page has taken it. */
  dropped = $state.raw<Dropped | null>(null);
  toasts = $state.raw<Toast[]>([]);
  /** What was told while nobody looked, newest first. */
  notices = $state.raw<Notice[]>([]);
  /** Counters that grow when a list is stale; an effect that reads one runs again. */
  stale = $state({ queue: 0, useCases: 0, levels: 0, models: 0, activity: 0 });
  changedItems = $state.raw<{ ids: number[] }>({ ids: [] });
  now = $state(Date.now());

  useCase = $derived(this.useCases.find((u) => u.id === this.useCaseId) ?? null);
  showWelcome = $derived(this.phase === "ready" && this.useCases.length === 0 && !this.leftWelcome);
  #nextToast = 1;

  async start(): Promise<void> {
    this.phase = "starting";
    try {
      // Listening begins before the first look, so that nothing falls between the two.
      await this.api.subscribe((e) => this.#on(e));
      this.#take(await this.api.appStatus());
      this.phase = "ready";
      void this.refreshNotices();
    } catch (e) {
      this.startError = failure(e).message;
      this.phase = "failed";
    }
  }

  #take(status: AppStatus): void {
    this.version = status.version;
    this.dataFolder = status.dataFolder;
    this.sampleAvailable = status.sampleAvailable;
    this.engine = status.engine;
    this.trouble = status.trouble;
    this.#takeUseCases(status.useCases);
    this.#takeSettings(status.settings);
  }

  #takeUseCases(useCases: UseCase[]): void {
    this.useCases = useCases;
    if (!useCases.some((u) => u.id === this.useCaseId)) this.useCaseId = useCases[0]?.id ?? null;
  }

  #takeSettings(settings: Settings): void {
    this.settings = settings;
    i18n.locale = resolveLocale(settings.locale, navigator.language);
    if (settings.theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = settings.theme;
  }

  #on(event: AppEvent): void {
    switch (event.type) {
      case "engine":
        this.engine = event.data;
        return;
      case "trouble":
        this.trouble = event.data ?? null;
        return;
      case "dropped":
        this.dropped = event.data;
        this.goTo("models");
        return;
      case "changed":
        this.#changes.push(event.data);
        if (this.#resting) return;
        this.#resting = true;
        // What the person asked for is seen first.
        void painted().then(() => this.#spread());
    }
  }

  #changes: Changes[] = [];
  #resting = false;
  /** Tells the pages what is stale: the first change with the next frame, those of the next 200 ms together. */
  #spread(): void {
    const changes = this.#changes.splice(0);
    this.#resting = changes.length > 0;
    if (!this.#resting) return;
    const any = (list: keyof Omit<Changes, "items">) => changes.some((c) => c[list]);
    if (any("queue")) this.stale.queue += 1;
    if (any("levels")) this.stale.levels += 1;
    if (any("models")) this.stale.models += 1;
    if (any("activity")) this.stale.activity += 1;
    if (any("useCases")) this.stale.useCases += 1;
    const ids = changes.flatMap((c) => c.items);
    if (ids.length > 0) this.changedItems = { ids };
    if (any("useCases") || any("levels") || any("queue")) void this.refreshUseCases();
    if (any("levels") || any("activity")) void this.refreshNotices();
    if (any("settings")) void this.#refreshStatus();
    setTimeout(() => this.#spread(), 200);
  }

  #refreshing: Promise<void> | null = null;
  /** Fetches the use cases again; calls that overlap share one answer. */
  refreshUseCases(): Promise<void> {
    this.#refreshing ??= this.api
      .useCaseList()
      .then((u) => this.#takeUseCases(u))
      .catch(() => undefined)
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  #asking: Promise<void> | null = null;
  /** Fetches the notices again; calls that overlap share one answer. */
  refreshNotices(): Promise<void> {
    this.#asking ??= this.api
      .notices()
      .then((n) => {
        this.notices = n;
      })
      .catch(() => undefined)
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }

  async noticeSeen(id: number): Promise<void> {
    this.notices = this.notices.map((n) => (n.id === id ? { ...n, seen: true } : n));
    await this.api.noticeSeen(id).catch((e: unknown) => this.problem(e));
  }

  async #refreshStatus(): Promise<void> {
    const status = await this.api.appStatus().catch(() => null);
    if (status) this.#take(status);
  }

  async saveSettings(change: Partial<Settings>): Promise<boolean> {
    try {
      this.#takeSettings(await this.api.settingsSave({ ...$state.snapshot(this.settings), ...change }));
      return true;
    } catch (e) {
      this.problem(e);
      return false;
    }
  }

  goTo(page: PageName, intent: Intent = null): void {
    this.leftWelcome = this.leftWelcome || page !== "review";
    this.intent = intent;
    this.overviewPlace = null;
    this.walk = null;
    this.page = page;
  }

  /** Opens the Overview at a place of its own. */
  goToOverview(place: OverviewPlace): void {
    this.goTo("overview");
    this.overviewPlace = place;
  }

  /** Opens real items in Review, starting with the one at `at`. */
  lookAt(items: number[], at = 0): void {
    this.goTo("review");
    this.walk = { items, at };
  }

  say(text: string, action?: Toast["action"]): void {
    this.#show({ kind: "done", text, action });
  }

  /** Something the person must have seen: it stays until it is closed. */
  warn(text: string): void {
    this.#show({ kind: "problem", text });
  }

  problem(e: unknown): void {
    const f = failure(e);
    if (f.code === "cancelled") return;
    this.#show({ kind: "problem", text: i18n.t.errors[f.code], detail: f.message });
  }

  /** One outcome at a time: a new "done" replaces the last, problems stay until they are closed. */
  #show(toast: Omit<Toast, "id">): void {
    const id = this.#nextToast++;
    this.toasts = [...this.toasts.filter((t) => t.kind === "problem").slice(-2), { ...toast, id }];
    if (toast.kind === "done") setTimeout(() => this.dismiss(id), 8000);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((t) => t.id !== id);
  }

  #told = -Infinity;

  /** A key, a click, the wheel: the model leaves a core to the window for a while. Said once in five seconds. */
  active(): void {
    const now = performance.now();
    if (now - this.#told < 5000) return;
    this.#told = now;
    // Nothing depends on it.
    this.api.personActive().catch(() => undefined);
  }

  async togglePause(): Promise<void> {
    try {
      this.engine = await this.api.draftingPause(this.engine.activity !== "paused");
    } catch (e) {
      this.problem(e);
    }
  }
}

export const app = new App();
