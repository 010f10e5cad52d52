// What the list is narrowed to, in words, each with what takes it away. Pure.
import type { ConfidenceBins, DeskView, Locale } from "../../api";
import { percent } from "../../format";
import type { Dictionary } from "../../i18n/index.svelte";

export type Chip = { name: keyof DeskView; label: string; without: Partial<DeskView> };

/** The ends of a stretch of confidence; null is open. Steps of 5 %. */
export type Stretch = { from: number | null; to: number | null };
export const STEPS = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

export function stretchOf(bins: ConfidenceBins | null): Stretch {
  if (!bins) return { from: null, to: null };
  return { from: bins.from <= 0 ? null : bins.from / 20, to: bins.to >= 19 ? null : (bins.to + 1) / 20 };
}

/** Null when both ends are open. An end that passes the other pushes it on. */
export function binsOf(stretch: Stretch, moved: "from" | "to"): ConfidenceBins | null {
  let from = stretch.from === null ? 0 : Math.round(stretch.from * 20);
  let to = stretch.to === null ? 19 : Math.round(stretch.to * 20) - 1;
  if (from > to) {
    if (moved === "from") to = from;
    else from = to;
  }
  return from === 0 && to === 19 ? null : { from, to };
}

export function chips(view: DeskView, t: Dictionary, locale: Locale): Chip[] {
  const all: Chip[] = [];
  const add = (name: keyof DeskView, label: string, without: Partial<DeskView>) => all.push({ name, label, without });
  if (view.tab !== "waiting") add("tab", t.review.tabs[view.tab], { tab: "waiting" });
  if (view.text) add("text", t.queue.chipText(view.text), { text: "" });
  if (view.slice !== null) add("slice", view.slice, { slice: null });
  if (view.source !== null) add("source", view.source, { source: null });
  if (view.confidence !== null) {
    const { from, to } = stretchOf(view.confidence);
    add("confidence", t.queue.chipConfidence(percent(from ?? 0, locale), percent(to ?? 1, locale)), {
      confidence: null,
    });
  }
  if (view.holder !== null) {
    const label = view.holder.type === "nobody" ? t.queue.chipNobody : t.queue.chipHeldBy(view.holder.name);
    add("holder", label, { holder: null });
  }
  if (view.level !== null) add("level", t.queue.chipLevel(t.levels[view.level]), { level: null });
  return all;
}
