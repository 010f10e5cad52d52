// The numbers of the overview as sentences and series. Pure.
import type { Level, Locale, Overview } from "../../api";
import { count, percent } from "../../format";

export const LEVELS: readonly Level[] = ["crawl", "walk", "run"];

export function above(level: Level): Level | null {
  return LEVELS[LEVELS.indexOf(level) + 1] ?? null;
}
export function below(level: Level): Level | null {
  return LEVELS[LEVELS.indexOf(level) - 1] ?? null;
}

/** Accepted ÷ decided; null where nothing was decided, so that a chart leaves a gap instead of a zero. */
export function share(accepted: number, decided: number): number | null {
  return decided === 0 ? null : accepted / decided;
}

export function binRows(bins: Overview["bins"], locale: Locale): string[][] {
  return bins
    .filter((b) => b.decided > 0)
    .map((b) => [
      binLabel(b.from ?? 0, b.to ?? 0),
      count(b.decided, locale),
      count(b.accepted, locale),
      percent(share(b.accepted, b.decided), locale),
    ]);
}

export function binLabel(from: number, to: number): string {
  return `${Math.round(from * 100)}–${Math.round(to * 100)}`;
}

/** "2026-11-23" → "11/23" (English) or "11.23." (Korean), short enough for an axis. */
export function dayLabel(day: string, locale: Locale): string {
  const [, m, d] = /^\d{4}-(\d{2})-(\d{2})/.exec(day) ?? [];
  if (!m || !d) return day;
  return locale === "ko" ? `${Number(m)}.${Number(d)}.` : `${Number(d)}/${Number(m)}`;
}

export function dayRows(days: Overview["days"], locale: Locale): string[][] {
  return days.map((d) => [
    d.day,
    count(d.decided, locale),
    count(d.accepted, locale),
    percent(share(d.accepted, d.decided), locale),
    count(d.auto, locale),
  ]);
}

/** The versions over all their days: one share a day and version, a gap where it decided nothing. Newest version first. */
export function byVersion(versions: Overview["versions"]) {
  const days = [...new Set(versions.flatMap((v) => v.days.map((d) => d.day)))].sort();
  return {
    days,
    versions: versions.map((v) => {
      const of = new Map(v.days.map((d) => [d.day, share(d.accepted, d.decided)]));
      return { n: v.n, model: v.model, promptN: v.promptN, shares: days.map((d) => of.get(d) ?? null) };
    }),
  };
}

/** The parts of the page of a use case, in their order. */
export const PARTS = [
  "figures",
  "evidence",
  "charter",
  "whatIf",
  "confidence",
  "acceptance",
  "audits",
  "reviewers",
] as const;
export type PartName = (typeof PARTS)[number];
