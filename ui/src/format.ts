// Numbers and times as people read them. Pure: the clock and the locale come in as arguments. A missing number is a dash,
// since a float that could not be computed arrives as null.
import type { Locale } from "./api";

export const DASH = "–";
type Maybe = number | null | undefined;
const absent = (x: Maybe): x is null | undefined => x === null || x === undefined || !Number.isFinite(x);

export function count(x: Maybe, locale: Locale): string {
  return absent(x) ? DASH : x.toLocaleString(locale);
}

/** Two digits that say something: 0.00123 → "0.0012". */
export function small(x: Maybe, locale: Locale): string {
  return absent(x) ? DASH : x.toLocaleString(locale, { maximumSignificantDigits: 2 });
}

/** Watt-hours in a unit that keeps them short: 0.000098 → "98 µWh". */
export function energy(x: Maybe, locale: Locale): string {
  if (absent(x)) return DASH;
  const [size, unit] = x >= 1 ? [1, "Wh"] : x >= 1e-3 ? [1e-3, "mWh"] : [1e-6, "µWh"];
  return `${small(x / size, locale)} ${unit}`;
}

/** 0.9234 → "92 %" (Korean: "92%"); `digits` after the point. */
export function percent(x: Maybe, locale: Locale, digits = 0): string {
  if (absent(x)) return DASH;
  const v = (x * 100).toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return locale === "ko" ? `${v}%` : `${v} %`;
}

/** A probability near one: cut off, never rounded up, with the digits that tell it from a threshold: 0.99949 → "99.94 %". */
export function sureness(x: Maybe, locale: Locale): string {
  if (absent(x)) return DASH;
  const digits = x >= 1 || x < 0.95 ? 0 : x < 0.99 ? 1 : 2;
  // A hair more, since 0.29 × 100 is 28.999….
  const unit = 10 ** (digits + 2);
  return percent(Math.floor(x * unit + 1e-6) / unit, locale, digits);
}

export function bytes(x: Maybe, locale: Locale): string {
  if (absent(x)) return DASH;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let v = x;
  let u = 0;
  while (v >= 1000 && u < units.length - 1) {
    v /= 1000;
    u += 1;
  }
  return `${v.toLocaleString(locale, { maximumFractionDigits: u === 0 || v >= 100 ? 0 : 1 })} ${units[u] ?? ""}`;
}

/** 8_200_000 → "8.2 M" parameters; Korean counts in 만 and 억. */
export function parameters(x: Maybe, locale: Locale): string {
  if (absent(x)) return DASH;
  const steps: [number, string][] =
    locale === "ko"
      ? [
          [1e8, "억"],
          [1e4, "만"],
        ]
      : [
          [1e9, " B"],
          [1e6, " M"],
          [1e3, " K"],
        ];
  for (const [size, unit] of steps) {
    if (x >= size) return (x / size).toLocaleString(locale, { maximumFractionDigits: x / size >= 100 ? 0 : 1 }) + unit;
  }
  return x.toLocaleString(locale);
}

/** A length in milliseconds: "87 ms", "1.4 s". */
export function millis(x: Maybe, locale: Locale): string {
  if (absent(x)) return DASH;
  if (x < 1000) return `${x.toLocaleString(locale, { maximumFractionDigits: x < 10 ? 1 : 0 })} ms`;
  return `${(x / 1000).toLocaleString(locale, { maximumFractionDigits: 1 })} s`;
}

/** Time left, coarse on purpose: "40 s", "3 min", "1 h 20 min". */
export function left(seconds: Maybe, locale: Locale): string {
  if (absent(seconds)) return DASH;
  const ko = locale === "ko";
  if (seconds < 60) return ko ? `${Math.max(1, Math.round(seconds))}초` : `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return ko ? `${minutes}분` : `${minutes} min`;
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  return ko ? `${h}시간${m ? ` ${m}분` : ""}` : `${h} h${m ? ` ${m} min` : ""}`;
}

/** How long ago, short enough for a row: "now", "4 min", "3 h", "2 d". */
export function age(at: number, now: number, locale: Locale): string {
  const s = Math.max(0, Math.round((now - at) / 1000));
  const ko = locale === "ko";
  if (s < 45) return ko ? "방금" : "now";
  if (s < 3600) return ko ? `${Math.max(1, Math.round(s / 60))}분` : `${Math.max(1, Math.round(s / 60))} min`;
  if (s < 86_400) return ko ? `${Math.round(s / 3600)}시간` : `${Math.round(s / 3600)} h`;
  return ko ? `${Math.round(s / 86_400)}일` : `${Math.round(s / 86_400)} d`;
}

/** Date and minute, as one reads it in a log. */
export function moment(at: number, locale: Locale): string {
  return new Date(at).toLocaleString(locale === "ko" ? "ko-KR" : "en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

export function clock(at: number, locale: Locale): string {
  return new Date(at).toLocaleTimeString(locale === "ko" ? "ko-KR" : "en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

export function day(at: number, locale: Locale): string {
  return new Date(at).toLocaleDateString(locale === "ko" ? "ko-KR" : "en-GB", {
    weekday: "long",
    year: "numeric",
    month: "long",
    day: "numeric",
  });
}

export function decimal(x: Maybe, locale: Locale, digits = 2): string {
  return absent(x) ? DASH : x.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A share as a person set it, with the digits that it has: 0.002 → "0.2 %". */
export function share(x: Maybe, locale: Locale): string {
  if (absent(x)) return DASH;
  const v = (x * 100).toLocaleString(locale, { maximumFractionDigits: 4 });
  return locale === "ko" ? `${v}%` : `${v} %`;
}

/** A share that may be small: two digits that say something, as a percentage: 0.0312 → "3.1 %", 0.0004 → "0.04 %". */
export function rate(x: Maybe, locale: Locale): string {
  if (absent(x)) return DASH;
  const size = x * 100;
  const digits = size >= 10 ? 0 : size >= 1 ? 1 : size >= 0.1 ? 2 : 3;
  const v = size.toLocaleString(locale, { maximumFractionDigits: digits });
  return locale === "ko" ? `${v}%` : `${v} %`;
}

/** A length in seconds as one says it: "40 s", "12 min", "3 h 20 min", "2 d". */
export function span(seconds: Maybe, locale: Locale): string {
  if (absent(seconds) || seconds < 86_400 * 2) return left(seconds, locale);
  const d = Math.round(seconds / 86_400);
  return locale === "ko" ? `${d}일` : `${d} d`;
}

/** A day without its hour, as in a list of dates. */
export function date(at: number, locale: Locale): string {
  return new Date(at).toLocaleDateString(locale === "ko" ? "ko-KR" : "en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
  });
}
