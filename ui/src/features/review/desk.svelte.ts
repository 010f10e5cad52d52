// The reviewer's desk: the item in hand, the next one already claimed, and the one road each decision takes.
// Invariants: the next item is painted in the frame of the decision; a decision that was refused comes back with the
// typed text; every claim this window holds is kept alive or given back.
import {
  newToken,
  failure,
  type Api,
  type Decided,
  type ItemView,
  type Choice,
  type Pair,
  type QueueQuery,
  type Redone,
  type Undone,
  type Verdict,
} from "../../api";
import { painted } from "../../painted";
import { Held } from "./held.svelte";
import { foundBy, isBlank, verdictFor } from "./lib";

const HEARTBEAT_MS = 20_000;
/** Items held beyond the one in hand: two, so that a key that follows at once finds the next one too. */
const AHEAD = 2;

export type Outcome = Verdict | "skip" | "escalate";
export type Conflict = { held: Held; now: ItemView | null };
export type DeskEvents = {
  /** `audited`: the item was one to look at a second time. */
  done: (outcome: Outcome, decided: Decided | null, audited: boolean, held: Held) => void;
  problem: (e: unknown) => void;
};

export class Desk {
  current = $state.raw<Held | null>(null);
  phase = $state<"loading" | "ready" | "empty" | "error">("loading");
  error = $state.raw<unknown>(null);
  /** Decisions that were refused because the item changed, and were not looked at yet; oldest first. */
  #conflicts = $state.raw<readonly Conflict[]>([]);
  /** What is on its way: decisions are sent one after the other, in the order of their keys. */
  #sent: Promise<unknown> = Promise.resolve();
  stream = $state<{ token: string; text: string } | null>(null);

  #ahead: Held[] = [];
  #fetching: Promise<void> | null = null;
  #busy = new Set<Promise<unknown>>();
  /** Items whose end is on its way to the shell; they must not be claimed again meanwhile. */
  #leaving = new Set<number>();
  #generation = 0;
  #closed = false;
  #beat: ReturnType<typeof setInterval>;
  #api: Api;
  #query: () => QueueQuery;
  #on: DeskEvents;
  #now: () => number;

  constructor(api: Api, query: () => QueueQuery, on: DeskEvents, now: () => number = Date.now) {
    this.#api = api;
    this.#query = query;
    this.#on = on;
    this.#now = now;
    this.#beat = setInterval(() => void this.heartbeat(), HEARTBEAT_MS);
  }

  get #held(): Held[] {
    return [this.current, ...this.#ahead].filter((h): h is Held => h !== null);
  }

  get canDecide(): boolean {
    const h = this.current;
    return h !== null && h.epoch !== null && h.draft !== null && this.stream === null;
  }

  /** The oldest refusal that was not looked at yet. */
  get conflict(): Conflict | null {
    return this.#conflicts[0] ?? null;
  }
  conflictSeen(): void {
    this.#conflicts = this.#conflicts.slice(1);
  }

  // --- getting items

  /** Opens `first` if it is still there, else the next one by the query. */
  async open(first: number | null = null): Promise<void> {
    if (first !== null) {
      const view = await this.#api.itemOpen(first).catch(() => null);
      if (this.#closed) return;
      if (view?.lease && view.drafts.length > 0) {
        this.#show(this.#hold(view, false));
        return;
      }
    }
    await this.advance();
  }

  /** Shows the next item: at once when it is already held. */
  async advance(): Promise<void> {
    const ready = this.#ahead.shift();
    if (ready) {
      this.#show(ready);
      return;
    }
    this.current = null;
    this.phase = "loading";
    await this.#prefetch();
    if (this.#closed || this.current) return;
    const next = this.#ahead.shift();
    if (next) this.#show(next);
    else if (this.phase === "loading") this.phase = "empty";
  }

  #hold(view: ItemView, picked: boolean): Held {
    return new Held(view, this.#api, foundBy(this.#query(), picked));
  }

  #show(held: Held): void {
    this.current?.clock.leave(this.#now());
    this.current = held;
    this.phase = "ready";
    // What comes while nobody looks is not in view yet.
    if (!document.hidden) held.clock.touch(this.#now());
    void this.#prefetch();
  }

  #prefetch(): Promise<void> {
    if (this.#closed || this.#ahead.length >= AHEAD) return Promise.resolve();
    this.#fetching ??= this.#fetchNext().then((more) => {
      this.#fetching = null;
      if (more && this.current) void this.#prefetch();
    });
    return this.#fetching;
  }

  /** Answers whether there may be more. */
  async #fetchNext(): Promise<boolean> {
    const generation = this.#generation;
    try {
      const view = await this.#api.itemNext(this.#query(), [...this.#held.map((h) => h.id), ...this.#leaving]);
      if (!view) return false;
      if (this.#closed || generation !== this.#generation || this.#held.some((h) => h.id === view.id)) {
        if (view.lease && !this.#held.some((h) => h.id === view.id)) await this.#release(view.id, view.lease.epoch);
        return false;
      }
      this.#ahead.push(this.#hold(view, false));
      return true;
    } catch (e) {
      if (this.current === null) {
        this.error = e;
        this.phase = "error";
      }
      return false;
    }
  }

  async #release(item: number, epoch: number): Promise<void> {
    await this.#api.itemRelease(item, epoch).catch(() => undefined);
  }

  async #letGo(held: Held): Promise<void> {
    const epoch = held.epoch;
    await held.flush();
    if (epoch !== null) await this.#release(held.id, epoch);
  }

  /** Filters or order changed: what was fetched by the old ones is given back before anything is claimed by the new ones, for a claim of
      one's own keeps its epoch, and its end would end the new one too. */
  async requery(): Promise<void> {
    this.#generation += 1;
    const given = this.#ahead.splice(0).map((h) => this.#letGo(h));
    await Promise.all([...given, this.#fetching]);
    if (this.current) void this.#prefetch();
    else await this.advance();
  }

  /** Something new may wait: fills an empty desk. */
  async wake(): Promise<void> {
    if (this.phase !== "empty" || this.#fetching) return;
    await this.#prefetch();
    if (this.current === null && this.#ahead.length > 0) await this.advance();
  }

  /** Opens this item instead of the one in hand. */
  async pick(item: number): Promise<void> {
    if (this.current?.id === item) return;
    await this.#stopStream();
    const aheadAt = this.#ahead.findIndex((h) => h.id === item);
    try {
      const ahead = aheadAt >= 0 ? this.#ahead.splice(aheadAt, 1)[0] : undefined;
      const next = this.#hold(ahead?.view ?? (await this.#api.itemOpen(item)), true);
      if (!next || this.#closed) return;
      if (this.current) void this.#letGo(this.current);
      this.#show(next);
    } catch (e) {
      this.#on.problem(e);
    }
  }

  /** Fetches the item in hand again, e.g. after its claim was lost; the typed text stays. */
  async reopen(): Promise<void> {
    const held = this.current;
    if (!held) return;
    try {
      const view = await this.#api.itemOpen(held.id);
      if (this.current !== held) return;
      const typed = held.edited ? held.text : view.typed;
      this.#show(new Held({ ...view, typed }, this.#api, held.found));
    } catch (e) {
      this.#on.problem(e);
    }
  }

  /** Items changed behind the window: what is only read here is read again. */
  async refresh(ids: number[]): Promise<void> {
    const held = this.current;
    if (!held || !ids.includes(held.id) || held.view.lease || this.stream) return;
    const view = await this.#api.itemOpen(held.id).catch(() => null);
    if (view && this.current === held) this.#show(new Held(view, this.#api, held.found));
  }

  // --- decisions

  approve(): Promise<void> {
    const h = this.current;
    if (!h?.draft || !this.canDecide || isBlank(h.text)) return Promise.resolve();
    return this.#decide(verdictFor(h.draft.text, h.text), [], null);
  }

  reject(reasons: string[], note: string | null): Promise<void> {
    return this.canDecide ? this.#decide("reject", reasons, note) : Promise.resolve();
  }

  #decide(verdict: Verdict, reasons: string[], note: string | null): Promise<void> {
    return this.#conclude(verdict, async (held, epoch, draft) =>
      this.#api.itemDecide({
        item: held.id,
        epoch,
        draft,
        verdict,
        text: verdict === "edit" ? held.text : null,
        reasons,
        note,
        viewedMs: Math.round(held.clock.read(this.#now())),
        found: held.found,
      }),
    );
  }

  skip(): Promise<void> {
    return this.#conclude("skip", async (held, epoch) => {
      await held.flush();
      await this.#api.itemSkip(held.id, epoch);
      return null;
    });
  }

  escalate(note: string): Promise<void> {
    return this.#conclude("escalate", async (held, epoch) => {
      await held.flush();
      await this.#api.itemEscalate(held.id, epoch, note);
      return null;
    });
  }

  /** The road of everything that ends work on an item: the next one is shown first, a refusal brings this one back. */
  async #conclude(
    outcome: Outcome,
    send: (held: Held, epoch: number, draft: number) => Promise<Decided | null>,
  ): Promise<void> {
    const held = this.current;
    const epoch = held?.epoch ?? null;
    if (!held || epoch === null || !held.draft || this.stream) return;
    held.clock.leave(this.#now());
    held.forget();
    const draft = held.draft.id;
    const sent = this.#sent.then(() => send(held, epoch, draft));
    this.#sent = sent.catch(() => undefined);
    this.#busy.add(sent);
    this.#leaving.add(held.id);
    void this.advance();
    // What came of it is told once the next item is seen: the words and the list would be in its way.
    const seen = painted();
    try {
      const decided = await sent;
      await seen;
      this.#on.done(outcome, decided, held.view.audit != null, held);
    } catch (e) {
      if (failure(e).code === "stale") {
        // The loser's words outlive the dialog: typed text needs no claim.
        if (held.edited) await this.#api.itemAutosave(held.id, epoch, held.text).catch(() => undefined);
        const now = await this.#api.itemOpen(held.id).catch(() => null);
        if (now?.lease && now.id !== this.current?.id) void this.#release(now.id, now.lease.epoch);
        this.#conflicts = [...this.#conflicts, { held, now }];
      } else {
        if (this.current) this.#ahead.unshift(this.current);
        this.#show(held);
        this.#on.problem(e);
      }
    } finally {
      this.#busy.delete(sent);
      this.#leaving.delete(held.id);
    }
  }

  // --- taken back, done again, many at once

  /** Takes back what this person did last; its item is on the desk again. Null: it was refused. */
  undo(useCase: number): Promise<Undone | null> {
    return this.#takeBack(() => this.#api.itemUndo(useCase));
  }

  /** Takes back this person's decision on one item, whatever came after it. */
  undoOn(item: number): Promise<Undone | null> {
    return this.#takeBack(() => this.#api.itemUndoOn(item));
  }

  async #takeBack(ask: () => Promise<Undone>): Promise<Undone | null> {
    await Promise.allSettled(this.#busy);
    try {
      const undone = await ask();
      await this.#stopStream();
      const { view } = undone;
      const before = this.current;
      if (before && before.id !== view.id) {
        if (before.epoch !== null) this.#ahead.unshift(before);
        void before.flush();
      }
      this.#ahead = this.#ahead.filter((h) => h.id !== view.id);
      const found = undone.found ?? foundBy(this.#query(), true);
      this.#show(new Held(view, this.#api, found, undone.viewedMs));
      return undone;
    } catch (e) {
      this.#on.problem(e);
      return null;
    }
  }

  /** Does again what was taken back last. Null: it was refused. */
  async redo(useCase: number): Promise<Redone | null> {
    await Promise.allSettled(this.#busy);
    await this.current?.flush();
    try {
      const redone = await this.#api.itemRedo(useCase);
      if (redone.kind !== "compare") await this.gone(redone.items);
      else if (this.current && redone.items.includes(this.current.id)) await this.reopen();
      return redone;
    } catch (e) {
      this.#on.problem(e);
      return null;
    }
  }

  /** These items were decided without the desk: what it holds of them is let go, and the next one shown. */
  async gone(items: number[]): Promise<void> {
    this.#ahead = this.#ahead.filter((h) => !items.includes(h.id));
    if (!this.current || !items.includes(this.current.id)) {
      void this.#prefetch();
      return;
    }
    this.current.forget();
    await this.advance();
  }

  /** Keeps which of two drafts is better; that one is on the desk afterwards. True when it was kept. */
  async prefer(held: Held, pair: Pair, choice: Choice, viewedMs: number): Promise<boolean> {
    const epoch = held.epoch;
    if (epoch === null) return false;
    try {
      const view = await this.#api.compareChoose(held.id, epoch, pair, choice, Math.round(viewedMs));
      held.take(view);
      if (choice !== "tie" && view.draft !== null) held.choose(view.draft);
      return true;
    } catch (e) {
      if (failure(e).code === "stale") held.lost = true;
      this.#on.problem(e);
      return false;
    }
  }

  // --- a new draft, streamed in place

  regenerate(hint: string | null): Promise<"done" | "stopped" | "failed"> {
    return this.#write((held, epoch, token, listen) => this.#api.itemRegenerate(held.id, epoch, hint, token, listen));
  }

  /** On from another token of a draft, one that the model weighed at that place. */
  branch(draft: number, at: number, chosen: number): Promise<"done" | "stopped" | "failed"> {
    return this.#write((held, epoch, token, listen) =>
      this.#api.itemBranch(held.id, epoch, draft, at, chosen, token, listen),
    );
  }

  async #write(
    ask: (held: Held, epoch: number, token: string, listen: (text: string) => void) => Promise<ItemView>,
  ): Promise<"done" | "stopped" | "failed"> {
    const held = this.current;
    const epoch = held?.epoch ?? null;
    if (!held || epoch === null || this.stream) return "failed";
    const token = newToken();
    this.stream = { token, text: "" };
    await held.flush();
    const listen = (text: string) => {
      if (this.stream?.token === token) this.stream.text += text;
    };
    try {
      held.take(await ask(held, epoch, token, listen));
      return "done";
    } catch (e) {
      if (failure(e).code === "cancelled") return "stopped";
      if (failure(e).code === "stale") held.lost = true;
      else this.#on.problem(e);
      return "failed";
    } finally {
      if (this.stream?.token === token) this.stream = null;
    }
  }

  async stop(): Promise<void> {
    if (this.stream) await this.#api.jobCancel(this.stream.token).catch((e: unknown) => this.#on.problem(e));
  }

  async #stopStream(): Promise<void> {
    if (!this.stream) return;
    void this.stop();
    this.stream = null;
  }

  // --- keeping claims

  async heartbeat(): Promise<void> {
    for (const held of this.#held) {
      const epoch = held.epoch;
      if (epoch === null) continue;
      try {
        await this.#api.itemHeartbeat(held.id, epoch);
      } catch (e) {
        if (failure(e).code !== "stale") continue;
        held.lost = true;
        this.#ahead = this.#ahead.filter((h) => h !== held);
      }
    }
    void this.#prefetch();
  }

  touch(): void {
    this.current?.clock.touch(this.#now());
  }
  lookAway(): void {
    this.current?.clock.leave(this.#now());
    void this.current?.flush();
  }

  /** The page is left: everything typed is saved, everything claimed is given back. Returns the item to come back to. */
  close(): number | null {
    this.#closed = true;
    clearInterval(this.#beat);
    void this.#stopStream();
    for (const held of this.#held) void this.#letGo(held);
    return this.current?.view.lease ? this.current.id : null;
  }
}
