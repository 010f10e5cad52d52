// Outputs of other kinds than texts, and branches, for the in-memory backend. Invariant: refuses what flow refuses.
import type { ErrorCode, HistoryKind, ItemView, LabelScore, Output } from "../src/api";
import { fits } from "../src/features/review/form/fits";
import { fakeTokens, makeDraft, random } from "./sample";

type Listen<T> = { onmessage: (event: T) => void };
type Refuse = (code: ErrorCode, message: string) => never;
type Host = {
  mine: (item: number, epoch: number) => ItemView;
  stream: (text: string, token: string, on: Listen<string>) => Promise<void>;
  log: (kind: HistoryKind, item: ItemView, detail: string) => void;
  refuse: Refuse;
};

export function mustFit(output: Output | undefined, text: string, refuse: Refuse): void {
  if (!fits(output, text)) refuse("invalid", "text: the output does not have its form");
}

/** Scores that add up to 1, the first label of the draft highest. */
function scores(labels: string[], chosen: string, seed: number): LabelScore[] {
  const r = random(seed * 31 + 7);
  r();
  const weights = labels.map((label) => (label === chosen ? 3 + 9 * r() : r() ** 3));
  const total = weights.reduce((sum, w) => sum + w, 0);
  return labels.map((label, i) => ({ label, probability: (weights[i] ?? 0) / total }));
}

/** The item as it would be drafted where outputs are of this kind. */
export function itemOf(output: Output, item: ItemView): ItemView {
  const draft = item.drafts[0];
  if (!draft || output.kind === "text") return item;
  if (output.kind === "labels") {
    const chosen = output.labels[item.id % output.labels.length] ?? "";
    return { ...item, drafts: [{ ...draft, text: chosen, labels: scores(output.labels, chosen, item.id) }] };
  }
  const text = JSON.stringify({
    name: item.id % 3 ? "Lea Brandt" : null,
    order_number: item.externalId,
    days: item.id % 9,
    topic: item.slice,
  });
  return { ...item, drafts: [{ ...draft, text }] };
}

export class FakeOutputs {
  #host: Host;
  constructor(host: Host) {
    this.#host = host;
  }

  async branch(a: {
    item: number;
    epoch: number;
    draft: number;
    at: number;
    chosen: number;
    token: string;
    onToken: Listen<string>;
  }): Promise<ItemView> {
    const i = this.#host.mine(a.item, a.epoch);
    const parent = i.drafts.find((d) => d.id === a.draft);
    if (!parent) return this.#host.refuse("not_found", `there is no draft ${a.draft}`);
    const tokens = fakeTokens(parent.id, parent.text);
    const other = tokens[a.at]?.weighed.find((w) => w.id === a.chosen && !w.written);
    if (!other) return this.#host.refuse("invalid", "token: another one that the model weighed at this place");
    const texts = tokens.map((t, at) => (at === a.at ? other.text : t.text));
    const text = texts.join("");
    await this.#host.stream(text, a.token, a.onToken);
    const made = makeDraft(i.id, i.drafts.length + 1, text, 0.77, 0.9, parent.hint);
    i.drafts.push({ ...made, branch: { parent: parent.id, at: a.at } });
    i.draft = made.id;
    this.#host.log("branched", i, `draft ${parent.n}, token ${a.at + 1}`);
    return i;
  }
}
