// One item this window holds: what was typed on it, how long it was looked at, and the words kept as they are typed.
// Invariant: typed text is saved within 500 ms of the last key (debounce 300 ms), and at most one save is under way.
import type { Api, Draft, Found, ItemView } from "../../api";
import { failure } from "../../api";
import { startText, ViewClock } from "./lib";

const DEBOUNCE_MS = 300;

export class Held {
  view = $state.raw<ItemView>() as ItemView;
  draftId = $state<number | null>(null);
  /** The editor's text for each draft, so that changing the draft loses nothing. */
  #texts = $state<Record<number, string>>({});
  saving = $state<"idle" | "waiting" | "saved">("idle");
  /** The claim ran out or went to someone else. */
  lost = $state(false);
  readonly clock: ViewClock;
  readonly broughtBack: boolean;
  /** How the person came by the item: what is chosen by hand does not count as evidence. */
  readonly found: Found;
  #api: Api;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saved: string | null;
  /** The text of the draft that it began with: what needs no keeping. */
  #base: string;
  #pending: Promise<void> = Promise.resolve();

  /** `viewed`: how long it had been in view before it was taken back, ms. */
  constructor(view: ItemView, api: Api, found: Found, viewed = 0) {
    this.#api = api;
    this.found = found;
    this.clock = new ViewClock(viewed);
    this.view = view;
    const { draft, text } = startText(view);
    this.draftId = draft?.id ?? null;
    if (draft) this.#texts = { [draft.id]: text };
    this.#saved = view.typed;
    this.#base = draft?.text ?? "";
    this.broughtBack = view.typed !== null && view.typed !== draft?.text;
  }

  get id(): number {
    return this.view.id;
  }
  get draft(): Draft | null {
    return this.view.drafts.find((d) => d.id === this.draftId) ?? this.view.drafts.at(-1) ?? null;
  }
  get epoch(): number | null {
    return this.lost ? null : (this.view.lease?.epoch ?? null);
  }
  get text(): string {
    const d = this.draft;
    return d ? (this.#texts[d.id] ?? d.text) : "";
  }
  get edited(): boolean {
    return this.draft !== null && this.text !== this.draft.text;
  }

  textOf(draft: Draft): string {
    return this.#texts[draft.id] ?? draft.text;
  }

  choose(draftId: number): void {
    this.draftId = draftId;
    this.#later();
  }

  type(text: string): void {
    const d = this.draft;
    if (!d) return;
    this.#texts = { ...this.#texts, [d.id]: text };
    this.#later();
  }

  /** A newer view of the same item; what was typed on its drafts stays. */
  take(view: ItemView): void {
    const newest = view.drafts.at(-1);
    const isNew = newest && !this.view.drafts.some((d) => d.id === newest.id);
    this.view = view;
    if (isNew) {
      this.draftId = newest.id;
      this.#base = newest.text;
      this.#later();
    }
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.saving = "waiting";
    this.#timer = setTimeout(() => void this.flush(), DEBOUNCE_MS);
  }

  /** Saves now what is not saved yet. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#pending = this.#pending.then(() => this.#save());
    return this.#pending;
  }

  async #save(): Promise<void> {
    const text = this.text;
    const epoch = this.epoch;
    if (epoch === null || text === (this.#saved ?? this.#base)) {
      if (this.saving === "waiting") this.saving = this.edited ? "saved" : "idle";
      return;
    }
    try {
      await this.#api.itemAutosave(this.id, epoch, text);
      this.#saved = text;
      this.saving = this.edited ? "saved" : "idle";
    } catch (e) {
      if (failure(e).code === "stale") this.lost = true;
    }
  }

  /** Nothing typed here may be saved any more (the item is decided). */
  forget(): void {
    clearTimeout(this.#timer);
  }
}
