// Line ends through a text field, which knows only one kind of them. Pure.
// Invariant: what a person did not touch keeps its bytes; a text that comes back as it went in is the text that went in.

/** A text as a text field holds it. */
export function forField(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/** The index in `text` that stands at `at` in its form for a field. */
function indexOf(text: string, at: number): number {
  let seen = 0;
  let i = 0;
  for (; i < text.length && seen < at; i += 1) {
    if (text[i] === "\r" && text[i + 1] === "\n") i += 1;
    seen += 1;
  }
  return i;
}

/** What was typed, with the line ends of the text before around the place that changed; new lines end as most did there. */
export function fromField(before: string, typed: string): string {
  if (!before.includes("\r")) return typed;
  const shown = forField(before);
  if (shown === typed) return before;
  const most = Math.min(shown.length, typed.length);
  let start = 0;
  while (start < most && shown.charCodeAt(start) === typed.charCodeAt(start)) start += 1;
  let end = 0;
  while (end < most - start && shown.charCodeAt(shown.length - 1 - end) === typed.charCodeAt(typed.length - 1 - end))
    end += 1;
  const crlf = before.split("\r\n").length - 1;
  const all = shown.split("\n").length - 1;
  const changed = typed.slice(start, typed.length - end);
  const middle = 2 * crlf > all ? changed.replaceAll("\n", "\r\n") : changed;
  return before.slice(0, indexOf(before, start)) + middle + before.slice(indexOf(before, shown.length - end));
}
