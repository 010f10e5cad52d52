// What the queue is narrowed to, for the in-memory backend: the same filters, finds and days as the real one.
import type { DeskView, FoundIn, ItemView, QueueDay, QueueQuery, Snippet, Verdict } from "../src/api";

/** A query that is narrowed to nothing. */
export const everything: Omit<DeskView, "tab" | "order"> = {
  slice: null,
  text: "",
  source: null,
  confidence: null,
  holder: null,
  level: null,
};

function textsOf(i: ItemView): [FoundIn, string][] {
  const draft = i.drafts.at(-1)?.text;
  const decided = i.audit ? null : i.decision?.text;
  return [
    ["request", i.fields.map((f) => f.value).join("\n")],
    ...(draft === undefined ? [] : ([["draft", draft]] as [FoundIn, string][])),
    ...(decided == null ? [] : ([["decided", decided]] as [FoundIn, string][])),
  ];
}
const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .split(/\s+/)
    .filter((w) => w.length > 1);
const holds = (text: string, words: string[]) => words.every((w) => text.toLowerCase().includes(w));

export function letsThrough(q: QueueQuery, i: ItemView): boolean {
  const confidence = i.drafts.at(-1)?.confidence;
  const bin = confidence === undefined ? -1 : Math.min(19, Math.floor(confidence * 20));
  const words = wordsOf(q.text);
  return (
    (q.slice === null || i.slice === q.slice) &&
    (q.source == null || i.source === q.source) &&
    (q.confidence == null || (bin >= q.confidence.from && bin <= q.confidence.to)) &&
    (q.level == null || i.drafts.at(-1)?.route.level === q.level) &&
    (q.holder == null || (q.holder.type === "nobody" ? i.heldBy === null : i.heldBy === q.holder.name)) &&
    (words.length === 0 || textsOf(i).some(([, text]) => holds(text, words)))
  );
}

/** The line around the first word that is found. */
export function snippetOf(i: ItemView, text: string): Snippet | null {
  const words = wordsOf(text);
  const [word] = words;
  if (word === undefined) return null;
  for (const [place, whole] of textsOf(i)) {
    if (!holds(whole, words)) continue;
    const at = whole.toLowerCase().indexOf(word);
    const from = Math.max(0, at - 30);
    const pieces = [
      { text: (from > 0 ? "…" : "") + whole.slice(from, at), hit: false },
      { text: whole.slice(at, at + word.length), hit: true },
      { text: whole.slice(at + word.length, at + 120), hit: false },
    ];
    return { place, pieces: pieces.filter((p) => p.text !== "") };
  }
  return null;
}

/** The day of a person who decided these in this window; `busy` is a day that has been going on for a while. */
export function dayOf(verdicts: Verdict[], busy: boolean): QueueDay {
  const n = (verdict: Verdict) => verdicts.filter((v) => v === verdict).length;
  const [approved, edited, rejected] = [
    n("approve") + (busy ? 37 : 0),
    n("edit") + (busy ? 6 : 0),
    n("reject") + (busy ? 3 : 0),
  ];
  const decided = approved + edited + rejected;
  return {
    decided,
    approved,
    edited,
    rejected,
    viewedMs: decided * 21_400,
    perHour: busy ? 94.2 : null,
    everyone: decided + (busy ? 72 : 0),
  };
}
