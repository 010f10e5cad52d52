// Thousands of decisions from a seed: what the in-memory backend computes its levels, replays and diagrams from.
import type { AuditRow, Correction, Verdict } from "../src/api";
import { makeItem, NOW, random } from "./sample";

export const DAY = 86_400_000;
export const HOUR = 3_600_000;
const SLICES = ["delivery", "return", "payment", "product", "repair"];
/** How much worse a slice is than the others. */
const WORSE: Record<string, number> = { payment: 0.02, repair: 0.008 };

export type Judged = {
  item: number;
  uid: string;
  at: number;
  /** `2026-11-23` */
  day: string;
  slice: string;
  external: boolean;
  confidence: number;
  verdict: Verdict;
  bad: boolean;
  version: number;
};

export const FIRST_ITEM = 10_000;
/** As makeItem names its items. */
const uidOf = (id: number) => `0193a6c2-${String(id).padStart(4, "0")}-7c41-9b0e-51f2ab${String(id).padStart(6, "0")}`;
const preview = (item: number) => makeItem(item, 1).fields[0]?.value ?? "";
export { preview };

/** The true chance that a draft of this confidence is right: a little less than it claims in the middle. */
const right = (c: number) => 0.991 / (1 + Math.exp(-(c - 0.6) * 12));

export function judgedBy(useCase: number, size: number, days: number): Judged[] {
  const r = random(useCase * 991 + 5);
  r();
  return Array.from({ length: size }, (_, i) => {
    const item = FIRST_ITEM * useCase + i;
    const slice = SLICES[Math.floor(r() * SLICES.length)] ?? "delivery";
    const confidence = 0.4 + 0.595 * r() ** 0.42;
    const version = i < size * 0.45 ? 2 : 3;
    const good = r() < right(confidence) - (WORSE[slice] ?? 0) - (version === 2 ? 0.05 : 0);
    const rejected = !good && r() < 0.4;
    const verdict: Verdict = good ? "approve" : rejected ? "reject" : "edit";
    const at = NOW - Math.round(days * DAY * (1 - i / size)) - 20 * 60_000;
    return {
      item,
      uid: uidOf(item),
      at,
      day: new Date(at).toISOString().slice(0, 10),
      slice,
      external: item % 3 === 0,
      confidence,
      verdict,
      bad: rejected || (verdict === "edit" && r() < 0.7),
      version,
    };
  });
}

/** What went out alone and was drawn for a look, newest first. */
export function auditsOf(useCase: number, size: number): AuditRow[] {
  const r = random(useCase * 77 + 3);
  r();
  const rows = Array.from({ length: size }, (_, i): AuditRow => {
    const item = FIRST_ITEM * useCase + 7000 + i;
    const deliveredAt = NOW - Math.round((i + 0.4) * 2.6 * HOUR);
    const open = i < 7 && i !== 3;
    const re = i % 11 === 5;
    const bad = !open && (i === 9 || i === 58);
    return {
      audit: size - i,
      item,
      uid: uidOf(item),
      kind: re ? "re_review" : "audit",
      probability: re ? 0.05 : i % 6 === 0 ? 0.25 : 0.1,
      confidence: 0.9 + 0.095 * r(),
      deliveredAt,
      dueAt: i === 6 ? NOW - 2 * HOUR : deliveredAt + DAY,
      state: open ? "open" : i === 3 ? "dropped" : "done",
      verdict: open || i === 3 ? null : bad ? "edit" : "approve",
      bad: open || i === 3 ? null : bad,
      at: open || i === 3 ? null : deliveredAt + 3 * HOUR,
      actor: open || i === 3 ? null : i % 3 ? "Mina Kim" : "Adaeze Obi",
    };
  });
  return rows;
}

export function correctionsOf(audits: AuditRow[]): Correction[] {
  return audits
    .filter((a) => a.bad)
    .map((a, i): Correction => {
      const draft = makeItem(a.item, 1).drafts[0]?.text ?? "";
      return {
        item: a.item,
        uid: a.uid,
        preview: preview(a.item),
        sentTo: ["/home/mina/gait/outbox.jsonl"],
        out: draft,
        corrected: draft.replace(/30/, "14").replace(/working days?/, "days") + " We are sorry for our first answer.",
        state: i === 0 ? "open" : "sent",
        at: a.at ?? NOW,
      };
    });
}
