// What an entry of an item's history says beside its kind. Pure.
import type { HistoryEntry, Verdict } from "../../api";

const VERDICTS: readonly string[] = ["approve", "edit", "reject"] satisfies Verdict[];

/** The detail in words: the shell's names of verdicts in the language of the window, all else as it was written. */
export function historyDetail(entry: HistoryEntry, verdicts: Record<Verdict, string>): string | null {
  const { detail, kind } = entry;
  if (!detail) return null;
  const [first = "", ...rest] = detail.split(": ");
  const named = kind === "undone" || kind === "audited" || kind === "re_reviewed";
  if (!named || !VERDICTS.includes(first)) return detail;
  return [verdicts[first as Verdict], ...rest].join(": ");
}
