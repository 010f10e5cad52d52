// What was done last, many items at once, and two drafts side by side, for the in-memory backend.
// Invariant: as in the shell, undo goes back act by act, redo forward, and a new act ends what could be done again.
import type {
  ActKind,
  ActRow,
  BulkInput,
  Choice,
  Decision,
  ErrorCode,
  ItemView,
  Pair,
  Settings,
  Verdict,
} from "../src/api";
import type { CommandError, Output } from "../src/api";
import { asksFirst, findings } from "../src/components/marks";
import { fits } from "../src/features/review/form/fits";

type Part = { item: ItemView; decision: Decision | null; was: number | null };
type Act = { id: number; kind: ActKind; at: number; parts: Part[]; viewedMs: number };

/** What the backend lends: its items, who one is, and what a decision does. */
export type Host = {
  settings: () => Settings;
  item: (id: number) => ItemView;
  mine: (id: number, epoch: number) => ItemView;
  claim: (i: ItemView) => ItemView;
  stand: (i: ItemView, decision: Decision) => void;
  fall: (i: ItemView) => void;
  seeded: (id: number) => boolean;
  output: (useCase: number) => Output | undefined;
  now: () => number;
};

function refuse(code: ErrorCode, message: string): never {
  const error: CommandError = { code, message };
  throw error;
}

export class FakeSteps {
  done: Act[] = [];
  undone: Act[] = [];
  preferences: { item: number; first: number; second: number; choice: Choice }[] = [];
  #host: Host;
  #next = 1;

  constructor(host: Host) {
    this.#host = host;
  }

  keep(kind: ActKind, parts: Part[], viewedMs = 0): void {
    this.undone = [];
    this.done.push({ id: this.#next++, kind, at: this.#host.now(), parts, viewedMs });
  }
  get verdicts(): Verdict[] {
    return this.done.flatMap((a) => a.parts).flatMap((p) => (p.decision ? [p.decision.verdict] : []));
  }

  #row(act: Act): ActRow {
    const [first] = act.parts;
    const item = first?.item;
    const until = first?.decision?.deliverAt ?? null;
    const out = until !== null && until <= this.#host.now();
    return {
      id: act.id,
      kind: act.kind,
      verdict: first?.decision?.verdict ?? null,
      items: act.parts.length,
      item: item?.id ?? 0,
      preview: item?.fields[0]?.value ?? "",
      at: act.at,
      until,
      may: act.kind === "audit" || act.kind === "correct" ? "stands" : out ? "out" : "yes",
    };
  }

  #back(act: Act) {
    const row = this.#row(act);
    if (row.may === "stands") refuse("nothing_to_undo", "the verdict of a second look stands");
    if (row.may === "out") refuse("already_delivered", "its text is out; a correction is a new decision");
    for (const part of act.parts) {
      if (act.kind === "compare") part.item.draft = part.was;
      else this.#host.fall(part.item);
      if (part.decision?.text) part.item.typed = part.decision.text;
    }
    this.done = this.done.filter((a) => a !== act);
    this.undone.push(act);
    const first = act.parts[0] ?? refuse("nothing_to_undo", "there is nothing");
    return {
      kind: act.kind,
      verdict: row.verdict,
      items: act.parts.length,
      out: 0,
      view: this.#host.claim(first.item),
      viewedMs: act.viewedMs,
      found: null,
    };
  }

  undo() {
    const act = this.done.at(-1);
    return act ? this.#back(act) : refuse("nothing_to_undo", "you have not done anything that stands");
  }
  undoOn(item: number) {
    const act = [...this.done].reverse().find((a) => a.parts.some((p) => p.item.id === item && p.decision));
    const part = act?.parts.find((p) => p.item.id === item);
    if (!act || !part) return refuse("nothing_to_undo", "you have not decided this");
    if (act.parts.length === 1) return this.#back(act);
    act.parts = act.parts.filter((p) => p !== part);
    const alone: Act = { ...act, id: this.#next++, kind: "decide", parts: [part] };
    this.done.push(alone);
    return this.#back(alone);
  }
  redo() {
    const act = this.undone.pop();
    if (!act) return refuse("nothing_to_redo", "there is nothing to do again");
    for (const part of act.parts) {
      if (part.item.typed !== null && part.item.typed !== part.decision?.text) {
        this.undone.push(act);
        refuse("stale", "other words were typed on it since; decide it anew");
      }
    }
    for (const part of act.parts) {
      const at = this.#host.now();
      if (part.decision) {
        part.decision = { ...part.decision, id: at + this.#next++, at };
        this.#host.stand(part.item, part.decision);
      } else if (act.kind === "escalate") part.item.state = "escalated";
    }
    this.done.push(act);
    const verdict: Verdict | null = act.parts[0]?.decision?.verdict ?? null;
    return { kind: act.kind, verdict, items: act.parts.map((p) => p.item.id), leftOut: 0, levelFell: null };
  }

  #why(i: ItemView, verdict: Verdict) {
    const me = this.#host.settings().person;
    if (i.audit) return { why: "second_look" as const, who: null };
    if (i.state === "escalated") return { why: "escalated" as const, who: null };
    if (i.decision) return { why: "decided" as const, who: null };
    if (i.drafts.length === 0 || !["drafted", "in_review"].includes(i.state))
      return { why: "not_ready" as const, who: null };
    if (i.heldBy !== null && i.heldBy !== me) return { why: "held" as const, who: i.heldBy };
    const text = this.#draft(i)?.text ?? "";
    if (i.typed !== null && i.typed !== text) return { why: "typed" as const, who: null };
    if (verdict !== "approve") return null;
    if (text.trim() === "") return { why: "blank" as const, who: null };
    const unfit = !fits(this.#host.output(i.useCase), text) || asksFirst(findings(text));
    return unfit ? { why: "unfit" as const, who: null } : null;
  }
  #draft(i: ItemView) {
    return i.drafts.find((d) => d.id === i.draft) ?? i.drafts.at(-1);
  }

  commands: Record<string, (a: never) => unknown> = {
    item_undo: () => this.undo(),
    item_undo_on: (a: { item: number }) => this.undoOn(a.item),
    item_redo: () => this.redo(),
    acts: (a: { limit: number }) => ({
      rows: [...this.done]
        .reverse()
        .slice(0, a.limit)
        .map((act) => this.#row(act)),
      undone: this.undone.length,
    }),
    bulk_look: (a: { verdict: Verdict; items: number[] }) => ({
      holdSeconds: this.#host.settings().undoSeconds,
      rows: a.items.map((id) => {
        const i = this.#host.item(id);
        const draft = this.#draft(i);
        return {
          item: id,
          uid: i.uid,
          preview: i.fields[0]?.value ?? "",
          draft: draft?.id ?? null,
          words: draft?.text.slice(0, 160) ?? "",
          leftOut: this.#why(i, a.verdict),
        };
      }),
    }),
    bulk_decide: (a: { input: BulkInput }) => {
      const { input } = a;
      if (input.items.length === 0 || input.items.length > 1000) refuse("invalid", "items: 1 to 1000 at once");
      const parts: Part[] = [];
      const leftOut: number[] = [];
      let [seeded, caught] = [0, 0];
      for (const one of input.items) {
        const i = this.#host.item(one.item);
        if (this.#why(i, input.verdict) !== null || this.#draft(i)?.id !== one.draft) {
          leftOut.push(one.item);
          continue;
        }
        const at = this.#host.now();
        const decision: Decision = {
          id: at + this.#next++,
          by: "person",
          actor: this.#host.settings().person,
          verdict: input.verdict,
          draft: one.draft,
          text: null,
          reasons: input.reasons,
          note: input.note,
          editDistance: 0,
          at,
          deliveryState: input.verdict === "reject" ? "none" : "waiting",
          deliverAt: input.verdict === "reject" ? null : at + this.#host.settings().undoSeconds * 1000,
        };
        this.#host.stand(i, decision);
        if (this.#host.seeded(i.id)) {
          seeded += 1;
          if (input.verdict === "reject") caught += 1;
        } else parts.push({ item: i, decision, was: null });
      }
      if (parts.length > 0) this.keep("bulk", parts);
      return { decided: parts.length + seeded, leftOut, seeded, caught, levelFell: null };
    },
    compare_pair: (a: { item: number; epoch: number; one: number; other: number }) => {
      const i = this.#host.mine(a.item, a.epoch);
      const texts = [a.one, a.other].map((id) => i.drafts.find((d) => d.id === id)?.text);
      if (texts[0] === texts[1]) refuse("invalid", "drafts to compare: two that differ");
      return this.#pair(a.one, a.other);
    },
    compare_choose: (a: { item: number; epoch: number; pair: Pair; choice: Choice }) => {
      const i = this.#host.mine(a.item, a.epoch);
      const drawn = this.#pair(a.pair.first, a.pair.second);
      if (drawn.first !== a.pair.first) refuse("stale", "these two were compared meanwhile");
      const was = i.draft;
      if (a.choice !== "tie") i.draft = a.choice === "first" ? a.pair.first : a.pair.second;
      this.preferences.push({ item: i.id, first: a.pair.first, second: a.pair.second, choice: a.choice });
      this.keep("compare", [{ item: i, decision: null, was }]);
      return i;
    },
  };

  #pair(one: number, other: number): Pair {
    const [low, high] = one < other ? [one, other] : [other, one];
    return (low * 7919 + high) % 3 === 0 ? { first: low, second: high } : { first: high, second: low };
  }
}
