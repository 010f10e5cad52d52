// Text from outside is only ever text: what hides in it is named instead of being obeyed, and Markdown becomes text nodes.
import { HIDDEN, marked } from "./marks";

export type TextPart = { text: string; hidden: boolean };

/** A text with a sign for each character that hides, or turns the reading direction around. */
export function reveal(text: string): TextPart[] {
  return marked(text).map((p) => ({ text: p.text, hidden: p.mark === "stacked" || HIDDEN.some((k) => k === p.mark) }));
}

// --- a small Markdown: headings, lists, tables, quotes, bold, italic, code. Links show their address and are not followed.
export type Inline = { kind: "text" | "bold" | "italic" | "code"; text: string };
export type Block =
  | { kind: "heading"; level: number; inline: Inline[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] }
  | { kind: "quote" | "paragraph"; inline: Inline[] }
  | { kind: "code"; text: string };

export function inline(text: string): Inline[] {
  const out: Inline[] = [];
  // Neither part may hold another opening bracket (but for a closed pair in the address): each is read once, however many there are.
  const flat = text.replace(
    /!?\[([^[\]]*)\]\(((?:[^()]|\([^()]*\))*)\)/g,
    (_, label: string, url: string) => `${label} (${url})`,
  );
  let from = 0;
  for (const m of flat.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*/g)) {
    if (m.index > from) out.push({ kind: "text", text: flat.slice(from, m.index) });
    if (m[1] !== undefined) out.push({ kind: "code", text: m[1] });
    else if (m[2] !== undefined || m[3] !== undefined) out.push({ kind: "bold", text: m[2] ?? m[3] ?? "" });
    else out.push({ kind: "italic", text: m[4] ?? "" });
    from = m.index + m[0].length;
  }
  if (from < flat.length) out.push({ kind: "text", text: flat.slice(from) });
  return out;
}

const cells = (row: string): Inline[][] =>
  row
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => inline(cell.trim()));

/** The line under the head of a table. */
const isRule = (line: string) => line.includes("-") && /^[\s:|-]*$/.test(line);

/** Longer texts are shown as they are. */
export const LONGEST_MARKDOWN = 100_000;

export function markdown(source: string): Block[] {
  const blocks: Block[] = [];
  const lines = source.replaceAll("\r\n", "\n").split("\n");
  let i = 0;
  const line = () => lines[i] ?? "";
  while (i < lines.length) {
    if (/^```/.test(line())) {
      const code: string[] = [];
      for (i += 1; i < lines.length && !/^```/.test(line()); i += 1) code.push(line());
      i += 1;
      blocks.push({ kind: "code", text: code.join("\n") });
      continue;
    }
    const heading = /^(#{1,6})\s+(.*)$/.exec(line());
    if (heading) {
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, inline: inline(heading[2] ?? "") });
      i += 1;
      continue;
    }
    const item = /^\s*([-*+]|\d+[.)])\s+(.*)$/.exec(line());
    if (item) {
      const ordered = /\d/.test(item[1] ?? "");
      const items: Inline[][] = [];
      for (let m: RegExpExecArray | null = item; m; m = /^\s*([-*+]|\d+[.)])\s+(.*)$/.exec(line())) {
        let text = m[2] ?? "";
        for (i += 1; /^\s{2,}\S/.test(line()) && !/^\s*([-*+]|\d+[.)])\s/.test(line()); i += 1)
          text += ` ${line().trim()}`;
        items.push(inline(text));
      }
      blocks.push({ kind: "list", ordered, items });
      continue;
    }
    if (line().trim() === "") {
      i += 1;
      continue;
    }
    if (line().trimStart().startsWith("|") && isRule(lines[i + 1] ?? "")) {
      const head = cells(line());
      const rows: Inline[][][] = [];
      for (i += 2; line().trimStart().startsWith("|"); i += 1) rows.push(cells(line()));
      blocks.push({ kind: "table", head, rows });
      continue;
    }
    const kind = line().startsWith(">") ? "quote" : "paragraph";
    const text: string[] = [];
    while (line().trim() !== "" && !/^(#{1,6}\s|```|\s*([-*+]|\d+[.)])\s)/.test(line())) {
      text.push(line().replace(/^>\s?/, ""));
      i += 1;
    }
    blocks.push({ kind, inline: inline(text.join(" ")) });
  }
  return blocks;
}
