// What goes beyond one decision: taking back and doing again, many at once, comparing, correcting, and the word about pace.
// Invariant: every act ends with words on what came of it, and with the list and the last steps asked for again.
import type { Bulked, Decided, Level, Undone } from "../../api";
import { app } from "../../app.svelte";
import { i18n } from "../../i18n/index.svelte";
import { keyLabel, keyOf } from "../../keymap";
import { painted } from "../../painted";
import type { DialogName } from "./actions";
import type { Desk } from "./desk.svelte";
import { listQuery } from "./filters.svelte";
import type { Held } from "./held.svelte";
import { pairOf } from "./lib";
import { pace, type Word } from "./pace";
import { MOST_PICKS, picks, pickTo } from "./picks.svelte";
import type { Queue } from "./queue.svelte";
import { Steps } from "./steps.svelte";
import { session } from "./session.svelte";
import { bulkWords, redoneWords, undoneWords } from "./words";

export class Work {
  readonly steps = new Steps(app.api);
  /** A kind word that was not closed yet. */
  word = $state<Word | null>(null);
  #desk: Desk;
  #queue: Queue;
  #useCase: number;
  #open: (dialog: DialogName) => void;

  constructor(desk: Desk, queue: Queue, useCase: number, open: (dialog: DialogName) => void) {
    this.#desk = desk;
    this.#queue = queue;
    this.#useCase = useCase;
    this.#open = open;
    picks.of(useCase);
  }

  #stale = false;
  #reloading = false;
  /** The list and the last steps as they are now. One answer serves all that asked before it was asked for. */
  reload(): void {
    this.#stale = true;
    if (!this.#reloading) void this.#reloadStale();
  }
  async #reloadStale(): Promise<void> {
    this.#reloading = true;
    while (this.#stale) {
      await painted();
      this.#stale = false;
      const inSight = Math.max(0, this.#queue.indexOf(this.#desk.current?.id ?? null));
      await Promise.all([this.#queue.reload([inSight]), this.steps.load(this.#useCase)]);
    }
    this.#reloading = false;
  }

  /** An item left the desk. */
  left(held: Held, decided: Decided | null): void {
    picks.drop([held.id]);
    if (decided && app.settings.paceWords) {
      const characters = held.view.fields.reduce((sum, f) => sum + f.value.length, held.draft?.text.length ?? 0);
      this.word = pace.decided(Date.now(), held.clock.read(Date.now()), characters) ?? this.word;
    }
    if (decided?.levelFell) this.#fell(decided.levelFell);
    this.reload();
  }
  #fell(level: Level): void {
    app.warn(i18n.t.review.levelFell(i18n.t.levels[level]));
    void app.refreshUseCases();
  }

  #back(undone: Undone | null): void {
    if (undone) {
      session.turn(undone, undone.out - undone.items, Date.now());
      app.say(undoneWords(i18n.t.steps, undone));
    }
    this.reload();
  }
  undo = async (): Promise<void> => this.#back(await this.#desk.undo(this.#useCase));
  undoOn = async (item: number): Promise<void> => this.#back(await this.#desk.undoOn(item));
  redo = async (): Promise<void> => {
    const redone = await this.#desk.redo(this.#useCase);
    if (redone) app.say(redoneWords(i18n.t, redone), { label: i18n.t.common.undo, run: () => void this.undo() });
    if (redone) session.turn(redone, redone.items.length, Date.now());
    if (redone?.levelFell) this.#fell(redone.levelFell);
    this.reload();
  };

  compare = (): void => {
    const held = this.#desk.current;
    if (held && pairOf(held.view, held.draftId)) this.#open("compare");
    else app.say(i18n.t.compare.oneDraft(keyLabel(keyOf(app.settings.keys, "regenerate"))));
  };
  correct = async (item: number): Promise<void> => {
    await this.#desk.pick(item);
    const now = this.#desk.current;
    if (now?.id === item && now.view.state === "delivered") this.#open("correct");
  };

  pickTo = async (item: number): Promise<void> => {
    const queue = this.#queue;
    const fetch = async (offset: number, limit: number) =>
      (await app.api.queuePage({ ...listQuery(this.#useCase), offset, limit })).rows;
    try {
      const list = { total: queue.total, indexOf: (i: number | null) => queue.indexOf(i), at: queue.at, fetch };
      if (!(await pickTo(picks, item, list))) app.say(i18n.t.bulk.atMost(MOST_PICKS));
    } catch (e) {
      app.problem(e);
    }
  };
  /** What is typed on the item in hand is kept first, so that the look at the chosen ones knows of it. */
  bulk = async (verdict: "approve" | "reject"): Promise<void> => {
    await this.#desk.current?.flush();
    this.#open(`bulk-${verdict}`);
  };
  bulked = (verdict: "approve" | "reject", items: number[], came: Bulked): void => {
    picks.clear();
    session.note(verdict, Date.now(), came.decided);
    void this.#desk.gone(items.filter((i) => !came.leftOut.includes(i)));
    app.say(bulkWords(i18n.t.bulk, verdict, came), { label: i18n.t.common.undo, run: () => void this.undo() });
    if (came.levelFell) this.#fell(came.levelFell);
    this.reload();
  };
}
