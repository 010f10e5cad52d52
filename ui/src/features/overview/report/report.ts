// The report of a move without DOM: which evidence it shows, what its file is called, and the file itself.
import type { Locale, MoveReport, StepEvidence } from "../../../api";
import { LEVELS } from "../lib";

/** Of a raise, the evidence of every step it took; of a lowering, that of the step it took back. */
export function stepsOf(report: MoveReport): StepEvidence[] {
  const rank = (l: MoveReport["move"]["to"]) => LEVELS.indexOf(l);
  const [low, high] = [rank(report.move.from), rank(report.move.to)].sort((a, b) => a - b) as [number, number];
  return report.steps.filter((s) => rank(s.to) > low && rank(s.to) <= high);
}

export function isRaise(report: MoveReport): boolean {
  return LEVELS.indexOf(report.move.to) > LEVELS.indexOf(report.move.from);
}

/** "gait-fernweg-outdoor-2026-11-23-crawl-to-walk.html": letters and digits of any script, nothing a file system minds. */
export function fileName(report: MoveReport): string {
  const name = report.useCase
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  const day = new Date(report.move.at).toISOString().slice(0, 10);
  return `gait-${name || "use-case"}-${day}-${report.move.from}-to-${report.move.to}.html`;
}

const escape = (s: string) => s.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** A whole document that needs nothing else: the report's own markup under its own styles. */
export function documentOf(article: string, title: string, css: string, locale: Locale): string {
  const plain = article.replace(/<!--[\s\S]*?-->/g, "").replace(/ data-testid="[^"]*"/g, "");
  return (
    `<!doctype html>\n<html lang="${locale}">\n<head>\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width">\n<title>${escape(title)}</title>\n` +
    `<style>\n${css}\n</style>\n</head>\n<body>\n${plain}\n</body>\n</html>\n`
  );
}
