// A long text in pieces, the first one small, so that it is on the screen at once however long it is. Pure.
// Invariant: the pieces joined are the text; none ends inside a character, nor between what makes up one.

/** UTF-16 units of the first piece, and of those that follow. */
export const FIRST = 20_000;
export const NEXT = 100_000;
/** How far back a piece may end to end at a line or a word. */
const LOOK_BACK = 200;
/** How far on it may end so as not to part a character from its marks. */
const LOOK_ON = 64;

/** Where a piece that begins at `from` ends. */
export function chunkEnd(text: string, from: number, length: number): number {
  const hard = from + length;
  if (hard >= text.length) return text.length;
  const tail = text.slice(hard - LOOK_BACK, hard);
  const line = tail.lastIndexOf("\n");
  if (line >= 0) return hard - LOOK_BACK + line + 1;
  const blank = tail.lastIndexOf(" ");
  if (blank >= 0) return hard - LOOK_BACK + blank + 1;
  let end = hard;
  const part = /[\udc00-\udfff\u200d\ufe0e\ufe0f\p{M}\p{Emoji_Modifier}]/u;
  while (end < text.length && end < hard + LOOK_ON) {
    const unit = text.charCodeAt(end);
    const low = unit >= 0xdc00 && unit <= 0xdfff;
    const joined = text.charCodeAt(end - 1) === 0x200d;
    if (!low && !joined && !part.test(String.fromCodePoint(text.codePointAt(end) ?? 0))) break;
    end += 1;
  }
  const low = text.charCodeAt(end);
  return low >= 0xdc00 && low <= 0xdfff ? end + 1 : end;
}

/** The first pieces, as many as are shown. */
export function chunks(text: string, shown: number): string[] {
  const made: string[] = [];
  for (let from = 0; made.length < shown && from < text.length;) {
    const end = chunkEnd(text, from, made.length === 0 ? FIRST : NEXT);
    made.push(text.slice(from, end));
    from = end;
  }
  return made.length === 0 ? [""] : made;
}
