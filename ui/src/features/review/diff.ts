// What changed between two texts: by lines where they are long, by words where they are not, and within a word by syllables or
// characters where its script joins words (Korean) or puts no space between them (Japanese, Chinese).
// Invariants: the parts without what was added are the text before, those without what was removed the text after; whatever the
// texts, it ends within the time that it is given.
import { diffArrays } from "diff";

export type DiffPart = { kind: "same" | "added" | "removed"; text: string };
/** `parts` is null where the texts are too different to be compared in the time. */
export type Diff = { parts: DiffPart[] | null };

/** The whole comparison, milliseconds. */
export const BUDGET = 200;
/** What changed is at most so long: compared without a look at the clock, for even at its worst it takes no time. */
const SMALL = 4_000;
/** Stretches up to this long are cut into words, UTF-16 units. */
const BY_WORDS = 24_000;
/** Longer words are not compared by characters. */
const BY_CHARACTERS = 200;
/** A word is told by its characters where at least this share of the longer one stands. */
const ALIKE = 1 / 3;

const segmenters = new Map<string, Intl.Segmenter>();
function segmenter(locale: string, granularity: "word" | "grapheme"): Intl.Segmenter {
  const key = `${locale} ${granularity}`;
  const made = segmenters.get(key) ?? new Intl.Segmenter(locale, { granularity });
  segmenters.set(key, made);
  return made;
}

/** Words, spaces and signs, by the rules of the language: Korean, Chinese and Japanese too. */
export function words(text: string, locale: string): string[] {
  return Array.from(segmenter(locale, "word").segment(text), (s) => s.segment);
}
/** Characters as people count them. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter("ko", "grapheme").segment(text), (s) => s.segment);
}
/** With their line ends. */
const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

/** Hangul, kana and Han: what one word is there differs from what one changes. */
const JOINED = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

function joined(parts: DiffPart[]): DiffPart[] {
  const out: DiffPart[] = [];
  for (const p of parts) {
    const last = out.at(-1);
    if (p.text === "") continue;
    if (last?.kind === p.kind) last.text += p.text;
    else out.push({ ...p });
  }
  return out;
}

function compare(before: string[], after: string[], until: number): DiffPart[] | null {
  const left = until - performance.now();
  if (left <= 0) return null;
  const changes = diffArrays(before, after, { timeout: left });
  return (
    (changes as typeof changes | undefined)?.map((c) => ({
      kind: c.added ? "added" : c.removed ? "removed" : "same",
      text: c.value.join(""),
    })) ?? null
  );
}

/** A word and what took its place, by their characters, where enough of them stands. */
function within(removed: string, added: string, until: number): DiffPart[] | null {
  const short = removed.length <= BY_CHARACTERS && added.length <= BY_CHARACTERS;
  if (!short || !JOINED.test(removed) || !JOINED.test(added)) return null;
  const parts = compare(graphemes(removed), graphemes(added), until);
  const stands = parts?.filter((p) => p.kind === "same").reduce((sum, p) => sum + p.text.length, 0) ?? 0;
  return parts && stands >= ALIKE * Math.max(removed.length, added.length) ? parts : null;
}

/** Pairs of what went and what came, looked at more closely by `closer`. */
function closer(parts: DiffPart[], look: (removed: string, added: string) => DiffPart[] | null): DiffPart[] {
  const out: DiffPart[] = [];
  for (let i = 0; i < parts.length; i += 1) {
    const [one, next] = [parts[i], parts[i + 1]];
    if (!one) break;
    const pair = one.kind === "removed" && next?.kind === "added" ? look(one.text, next.text) : null;
    if (pair) {
      out.push(...pair);
      i += 1;
    } else out.push(one);
  }
  return out;
}

function byWords(before: string, after: string, locale: string, until: number): DiffPart[] | null {
  const parts = compare(words(before, locale), words(after, locale), until);
  return parts && closer(parts, (removed, added) => within(removed, added, until));
}

/** Units that an end goes back at most to stand between two words. */
const LOOK_BACK = 200;
const isWord = (text: string, at: number) => /[\p{L}\p{M}\p{N}\p{Cs}\u200d\ufe0e\ufe0f]/u.test(text[at] ?? " ");
const isLow = (text: string, at: number) => /[\udc00-\udfff]/.test(text[at] ?? "");

/** Where both begin alike, at the end of a word; likewise where they end alike. */
function ends(before: string, after: string): [number, number] {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  if (start < before.length || start < after.length) {
    const least = Math.max(0, start - LOOK_BACK);
    while (start > least && (isWord(before, start - 1) || before[start - 1] === "\r")) start -= 1;
    if (start > 0 && isLow(before, start)) start -= 1;
  }
  let end = 0;
  const room = most - start;
  while (end < room && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end))
    end += 1;
  const least = Math.max(0, end - LOOK_BACK);
  while (end > least && (isWord(before, before.length - end) || before[before.length - end] === "\n")) end -= 1;
  if (end > 0 && isLow(before, before.length - end)) end -= 1;
  return [start, end];
}

/** The difference from `before` to `after` within `budget` milliseconds. */
export function diffTexts(before: string, after: string, locale: string, budget = BUDGET): Diff {
  const [start, end] = ends(before, after);
  const [a, b] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const until = a.length + b.length <= SMALL ? Infinity : performance.now() + budget;
  const head: DiffPart = { kind: "same", text: before.slice(0, start) };
  const tail: DiffPart = { kind: "same", text: before.slice(before.length - end) };
  const whole = (): DiffPart[] => [
    { kind: "removed", text: a },
    { kind: "added", text: b },
  ];
  let middle: DiffPart[] | null;
  if (a === "" || b === "") middle = whole();
  else if (a.length + b.length <= 2 * BY_WORDS) middle = byWords(a, b, locale, until) ?? whole();
  else {
    const found = compare(lines(a), lines(b), until);
    const fit = (x: string, y: string) => x.length + y.length <= 2 * BY_WORDS;
    middle = found && closer(found, (x, y) => (fit(x, y) ? byWords(x, y, locale, until) : null));
    // One long line against another, or nothing in common.
    if (middle && !middle.some((p) => p.kind === "same") && start + end < (before.length + after.length) / 4)
      middle = null;
  }
  return { parts: middle && joined([head, ...middle, tail]) };
}

/** Word-level difference; neighbours of one kind are joined. */
export function wordDiff(before: string, after: string, locale = "ko"): DiffPart[] {
  return (
    diffTexts(before, after, locale).parts ?? [
      { kind: "removed", text: before },
      { kind: "added", text: after },
    ]
  );
}

// --- how much

/** Longer stretches are counted by code points. */
const COUNTED = 20_000;

/** Characters (as people count them) in what was added and removed: a replaced stretch counts its longer side. */
export function changedCharacters(parts: DiffPart[]): number {
  const length = (s: string) => (s.length > COUNTED ? [...s].length : graphemes(s).length);
  let total = 0;
  let added = 0;
  let removed = 0;
  for (const p of [...parts, { kind: "same" as const, text: "" }]) {
    if (p.kind === "added") added += length(p.text);
    else if (p.kind === "removed") removed += length(p.text);
    else {
      total += Math.max(added, removed);
      added = removed = 0;
    }
  }
  return total;
}

/** Cells of the table that are worth the time here. */
const MOST_CELLS = 4_000_000;

/** Levenshtein distance over the longer length, 0 to 1, as flow stores it with a decision; null where that takes too long. */
export function editDistance(before: string, after: string): number | null {
  let [a, b] = [[...before], [...after]];
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 0;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  [a, b] = [a.slice(start), b.slice(start)];
  while (a.length > 0 && b.length > 0 && a.at(-1) === b.at(-1)) {
    a.pop();
    b.pop();
  }
  if (a.length * b.length > MOST_CELLS) return null;
  const row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  a.forEach((x, i) => {
    let diagonal = row[0] ?? 0;
    row[0] = i + 1;
    b.forEach((y, j) => {
      const replaced = diagonal + (x === y ? 0 : 1);
      diagonal = row[j + 1] ?? 0;
      row[j + 1] = Math.min(replaced, (row[j] ?? 0) + 1, diagonal + 1);
    });
  });
  return (row[b.length] ?? 0) / longer;
}

// --- what looks alike

/** Why something that went and what came in its place look the same: another form of the same characters, or other blanks. */
export function alike(removed: string, added: string): "form" | "blanks" | null {
  if (removed === added) return null;
  if (removed.normalize("NFC") === added.normalize("NFC")) return "form";
  const even = (s: string) =>
    s
      .replace(/\r\n?/g, "\n")
      .replace(/[^\S\n]+/g, " ")
      .replace(/ (?=\n|$)/g, "");
  return even(removed) === even(added) ? "blanks" : null;
}

const BLANKS: Record<string, string> = { " ": "␣", "\t": "⇥", "\n": "↵\n", "\r": "␍", "\u00a0": "⍽", "\u3000": "□" };
/** A changed stretch of nothing but blanks, or one that differs in them, with a sign for each. */
export function withBlanks(text: string): string {
  return text.replace(/[ \t\n\r\u00a0\u3000]/g, (c) => BLANKS[c] ?? c);
}
/** The form that a text is in, where it is not the only one. */
export function formOf(text: string): string {
  if (text !== text.normalize("NFC")) return text === text.normalize("NFD") ? "NFD" : "NFC + NFD";
  return "NFC";
}

// --- what is shown of what is the same

/** Longer stretches that are the same are folded to their ends. */
const FOLDED = 3_000;
const END = 400;

export type Shown = DiffPart | { kind: "folded"; text: string; hidden: string };

/** Long stretches that are the same, folded but for those that are opened. */
export function folded(parts: DiffPart[], open: ReadonlySet<number>): (Shown & { at: number })[] {
  return parts.flatMap((p, at): (Shown & { at: number })[] => {
    if (p.kind !== "same" || p.text.length <= FOLDED || open.has(at)) return [{ ...p, at }];
    const cut = (i: number) => (/[\udc00-\udfff]/.test(p.text[i] ?? "") ? i + 1 : i);
    const [head, tail] = [at === 0 ? 0 : cut(END), at === parts.length - 1 ? p.text.length : cut(p.text.length - END)];
    const middle: Shown & { at: number } = { kind: "folded", text: "", hidden: p.text.slice(head, tail), at };
    const end = (text: string): (Shown & { at: number })[] => (text === "" ? [] : [{ kind: "same", text, at }]);
    return [...end(p.text.slice(0, head)), middle, ...end(p.text.slice(tail))];
  });
}
