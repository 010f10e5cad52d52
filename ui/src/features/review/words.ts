// The sentences that follow taking back, doing again, and a decision at once. Pure.
import type { Bulked, Redone, Undone } from "../../api";
import type { Dictionary } from "../../i18n/index.svelte";

function joined(...sentences: (string | null)[]): string {
  return sentences.filter((s) => s !== null).join(". ");
}

export function undoneWords(t: Dictionary["steps"], undone: Undone): string {
  const words = undone.kind === "bulk" ? t.undone.bulk(undone.items) : t.undone[undone.kind];
  return joined(words, undone.out > 0 ? t.someOut(undone.out) : null);
}

export function redoneWords(t: Pick<Dictionary, "steps" | "bulk">, redone: Redone): string {
  const words = redone.kind === "bulk" ? t.steps.redone.bulk(redone.items.length) : t.steps.redone[redone.kind];
  return joined(words, redone.leftOut > 0 ? t.bulk.leftOut(redone.leftOut) : null);
}

export function bulkWords(t: Dictionary["bulk"], verdict: "approve" | "reject", came: Bulked): string {
  return joined(
    t.done[verdict](came.decided),
    came.leftOut.length > 0 ? t.leftOut(came.leftOut.length) : null,
    came.seeded > 0 ? t.seeded(came.seeded, came.caught) : null,
  );
}
