// Activity rows by day. Pure.
import type { ActivityRow, Locale } from "../../api";
import { day } from "../../format";

/** Rows keep their order (newest first) and are cut where the calendar day changes. */
export function byDay(rows: ActivityRow[], locale: Locale): { day: string; rows: ActivityRow[] }[] {
  const days: { day: string; rows: ActivityRow[] }[] = [];
  for (const row of rows) {
    const name = day(row.at, locale);
    const last = days.at(-1);
    if (last?.day === name) last.rows.push(row);
    else days.push({ day: name, rows: [row] });
  }
  return days;
}
