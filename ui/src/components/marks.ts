// What a reader does not see in a text, or sees as something else than the machine does: by the rules of flow's `hold/hidden`,
// and beyond them what imitates (letters of two scripts in one word, hosts) and what piles up. Pure and linear in the text.
// Invariant: what people type (line ends, emoji, right-to-left letters, the joiners of Persian and Hindi) is not marked, and the
// parts of a text without marks are that text.

/** Not seen at all, or obeyed instead of shown. */
export const HIDDEN = ["bidirectional", "invisible", "tag", "control"] as const;
export type HiddenKind = (typeof HIDDEN)[number];
export type MarkKind = HiddenKind | "stacked" | "mixed" | "styled" | "host";
/** A stretch of text. A mark stands in for it (hidden and stacked) or is put on it; `note` says what it is in signs that need no language. */
export type Part = { text: string; mark: MarkKind | null; note: string };

const CANDIDATE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** As flow's `kind`; a carriage return alone is a control too, for it writes over the line in a terminal. */
function kindOf(c: number): HiddenKind {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return "control";
  if (c === 0x200e || c === 0x200f || c === 0x61c || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
    return "bidirectional";
  return c >= 0xe0000 && c <= 0xe007f ? "tag" : "invisible";
}

const isPicture = (c: number) =>
  c === 0xa9 ||
  c === 0xae ||
  (c >= 0x2010 && c <= 0x2027) ||
  (c >= 0x202f && c <= 0x205f) ||
  (c >= 0x2070 && c <= 0x2bff) ||
  [0x3030, 0x303d, 0x3297, 0x3299].includes(c) ||
  (c >= 0x1f000 && c <= 0x1faff);
/** Letters of scripts that are written with joiners: Arabic, those of India and around it, Myanmar, Khmer. */
const isJoined = (c: number) =>
  (c >= 0x620 && c <= 0x6ff) ||
  (c >= 0x750 && c <= 0x77f) ||
  (c >= 0x8a0 && c <= 0x8ff) ||
  (c >= 0x900 && c <= 0xdff) ||
  (c >= 0x1000 && c <= 0x109f) ||
  (c >= 0x1780 && c <= 0x17d3);

/** The code point that ends before a place; -1 at the beginning. */
function before(text: string, at: number): number {
  if (at <= 0) return -1;
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff && at > 1 ? (text.codePointAt(at - 2) ?? -1) : low;
}
const size = (c: number) => (c > 0xffff ? 2 : 1);

/** A variation selector that belongs to the picture or the key cap before it. */
function isSelector(text: string, at: number, c: number, next: number): boolean {
  if (c !== 0xfe0e && c !== 0xfe0f) return false;
  const b = before(text, at);
  const keyCap = (b === 0x23 || b === 0x2a || (b >= 0x30 && b <= 0x39)) && text.charCodeAt(next) === 0x20e3;
  return keyCap || isPicture(b);
}
/** A joiner between two pictures, or within a word that is written with it. */
function isJoiner(text: string, at: number, c: number, next: number): boolean {
  if (c !== 0x200c && c !== 0x200d) return false;
  const b = before(text, at);
  const behindPicture = isPicture(b) || (b >= 0 && isSelector(text, at - size(b), b, at));
  if (c === 0x200d && behindPicture) return isPicture(text.codePointAt(next) ?? -1);
  return isJoined(b);
}

/** Each hidden character: its place, its end, its code and kind. A line end of two characters is none. */
function* hiddenIn(text: string): Generator<{ at: number; to: number; code: number; kind: HiddenKind }> {
  for (const m of text.matchAll(CANDIDATE)) {
    const at = m.index;
    const to = at + m[0].length;
    const code = m[0].codePointAt(0) ?? 0;
    if (code === 0x0d && text.charCodeAt(to) === 0x0a) continue;
    if (isSelector(text, at, code, to) || isJoiner(text, at, code, to)) continue;
    yield { at, to, code, kind: kindOf(code) };
  }
}

/** A sign for a hidden character: the picture of a control, the letter of a tag, else its code point. */
function sign(code: number): string {
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Equal ones in a row become one mark with their number; tags become the words that they spell. */
function hiddenParts(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  let run: { kind: HiddenKind; codes: number[]; to: number } | null = null;
  const close = () => {
    if (!run) return;
    const [first = 0] = run.codes;
    const n = run.codes.length;
    const spelled = run.codes
      .map((c) => (c >= 0xe0020 && c <= 0xe007e ? String.fromCharCode(c - 0xe0000) : ""))
      .join("");
    const shown =
      run.kind === "tag" && spelled ? `\u27e6${spelled}\u27e7` : n > 1 ? `${sign(first)}×${n}` : sign(first);
    parts.push({ text: shown, mark: run.kind, note: sign(first) });
    from = run.to;
    run = null;
  };
  for (const h of hiddenIn(text)) {
    const joins: boolean =
      run !== null && run.to === h.at && (run.codes[0] === h.code || (run.kind === "tag" && h.kind === "tag"));
    if (run && joins) {
      run.codes.push(h.code);
      run.to = h.to;
      continue;
    }
    close();
    if (h.at > from) parts.push({ text: text.slice(from, h.at), mark: null, note: "" });
    run = { kind: h.kind, codes: [h.code], to: h.to };
  }
  close();
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), mark: null, note: "" });
  return parts;
}

// --- what imitates

const STACKED = /\p{M}{5,}/gu;
/** Any letter by which a word could imitate a Latin one, or a letter in fancy dress. */
const FOREIGN =
  /[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u13a0-\u13ff\u1c80-\u1c8f\u2c80-\u2cff\ua640-\ua69f\uff21-\uff3a\uff41-\uff5a\u{1d400}-\u{1d7ff}]/u;
const LATIN = /\p{Script=Latin}/u;
const OTHERS: [RegExp, string][] = [
  [/\p{Script=Cyrillic}/u, "Cyrl"],
  // Only those that look like Latin letters: μm, kΩ and TNFα are what they say.
  [/[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινκρυϲϳ]/u, "Grek"],
  [/\p{Script=Armenian}/u, "Armn"],
  [/\p{Script=Cherokee}/u, "Cher"],
  [/\p{Script=Coptic}/u, "Copt"],
];
const STYLED = /^[\uff21-\uff3a\uff41-\uff5a\u{1d400}-\u{1d7ff}]+$/u;
/** A host whose last part is written in plain letters. */
const HOST = /(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}\.){1,8}[a-z]{2,24}(?![\p{L}\p{N}])/giu;
const LONGEST_WORD = 300;

/** How a host is written on the wire, where that differs from what is seen; else null. */
export function wireName(host: string): string | null {
  const plain = [...host].every((c) => c.charCodeAt(0) < 0x80);
  // A capital I among small letters looks like an l.
  if (plain) return /[a-z]I|I[a-z]/.test(host) ? host.toLowerCase() : null;
  try {
    return new URL(`http://${host}/`).hostname;
  } catch {
    return host.normalize("NFKC").toLowerCase();
  }
}

function scripts(word: string): string {
  const found = OTHERS.filter(([script]) => script.test(word)).map(([, name]) => name);
  if (LATIN.test(word)) found.unshift("Latn");
  return found.length > 1 ? found.join(" + ") : "";
}

/** The marks within a stretch without blanks, in order. */
function wordMarks(chunk: string): { at: number; to: number; mark: MarkKind; note: string }[] {
  const found: { at: number; to: number; mark: MarkKind; note: string }[] = [];
  if (chunk.includes(".") && chunk.length <= LONGEST_WORD)
    for (const m of chunk.matchAll(HOST)) {
      const wire = wireName(m[0]);
      if (wire !== null) found.push({ at: m.index, to: m.index + m[0].length, mark: "host", note: wire });
    }
  const free = (at: number) => !found.some((f) => at >= f.at && at < f.to);
  for (const m of chunk.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    if (!free(m.index)) continue;
    const at = m.index;
    const to = at + m[0].length;
    if (STYLED.test(m[0])) found.push({ at, to, mark: "styled", note: m[0].normalize("NFKC") });
    else if (/^\p{Ll}{2,}I$/u.test(m[0])) found.push({ at, to, mark: "mixed", note: "I ≠ l" });
    else {
      const note = FOREIGN.test(m[0]) ? scripts(m[0].normalize("NFKC")) : "";
      if (note) found.push({ at, to, mark: "mixed", note });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

/** Marks on what is seen. `\S+` is walked only where something could be found: most texts are plain. */
function seenParts(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  const put = (at: number, to: number, part: Part) => {
    if (at > from) parts.push({ text: text.slice(from, at), mark: null, note: "" });
    parts.push(part);
    from = to;
  };
  const spots: { at: number; to: number; part: Part }[] = [];
  for (const m of text.matchAll(STACKED)) {
    const kept = [...m[0]].slice(0, 3).join("").length;
    const more = [...m[0]].length - 3;
    spots.push({
      at: m.index + kept,
      to: m.index + m[0].length,
      part: { text: `+${more}`, mark: "stacked", note: `+${more}` },
    });
  }
  if (FOREIGN.test(text) || /[a-z]I/.test(text))
    for (const m of text.matchAll(/\S+/gu)) {
      if (!FOREIGN.test(m[0]) && !/[a-z]I/.test(m[0])) continue;
      for (const w of wordMarks(m[0])) {
        const [at, to] = [m.index + w.at, m.index + w.to];
        spots.push({ at, to, part: { text: text.slice(at, to), mark: w.mark, note: w.note } });
      }
    }
  // Of two that overlap the first one stands.
  spots.sort((a, b) => a.at - b.at);
  for (const s of spots) if (s.at >= from) put(s.at, s.to, s.part);
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from), mark: null, note: "" });
  return parts;
}

/** A text as what is shown of it. */
export function marked(text: string): Part[] {
  return hiddenParts(text.replaceAll("\r\n", "\n")).flatMap((p) =>
    p.mark === null && p.text !== "" ? seenParts(p.text) : [p],
  );
}

/** The same in one line of plain text, for lists: what hides is named, nothing turns the line around. */
export function seen(text: string): string {
  return marked(text)
    .map((p) => p.text)
    .join("");
}

// --- what is counted

export type Findings = Record<HiddenKind, number> & { words: number };
/** Longer texts are looked at up to here; what is behind is said to be unread. */
export const MOST_READ = 2 << 20;

/** How many hidden characters there are of each kind, and how many words imitate others. */
export function findings(text: string): Findings {
  const found: Findings = { bidirectional: 0, invisible: 0, tag: 0, control: 0, words: 0 };
  const read = text.slice(0, MOST_READ);
  for (const h of hiddenIn(read)) found[h.kind] += 1;
  if (FOREIGN.test(read) || /[a-z]I/.test(read))
    for (const m of read.matchAll(/\S+/gu))
      if (FOREIGN.test(m[0]) || /[a-z]I/.test(m[0])) found.words += wordMarks(m[0]).length;
  return found;
}
export const hiddenCount = (f: Findings) => f.bidirectional + f.invisible + f.tag + f.control;
/** Before such a text goes out, a person is asked: it reads otherwise than it is, or says what nobody sees. */
export const asksFirst = (f: Findings) => f.bidirectional > 0 || f.tag > 0;
