// What keeps the settings from being saved, and how a backup is named. Pure.
import type { Backup, BackupLoss, Locale, Settings } from "../../api";

/** TLS, or this machine. */
const ADDRESS = /^(https:\/\/[^\s/]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/\S*)?$/;

/** A moment to the minute. */
export function moment(at: number, locale: Locale): string {
  return new Date(at).toLocaleString(locale === "ko" ? "ko-KR" : "en-GB", {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** When a backup was made; its file's name where that is not known. */
export function madeAt(backup: Backup, locale: Locale): string {
  return backup.madeAt === null ? backup.name : moment(backup.madeAt, locale);
}

export function isNothing(loss: BackupLoss): boolean {
  return loss.items === 0 && loss.decisions === 0 && loss.delivered === 0;
}

export const UNDO_MAX = 3600;

export const WATTS_MAX = 10_000;

export function settingsProblems(s: Settings): {
  person: boolean;
  undoSeconds: boolean;
  watts: boolean;
  price: boolean;
  currency: boolean;
  hubAddress: boolean;
} {
  const seconds = s.undoSeconds;
  return {
    person: s.person.trim() === "",
    undoSeconds: !Number.isInteger(seconds) || seconds < 0 || seconds > UNDO_MAX,
    watts: !Number.isInteger(s.power.watts) || s.power.watts < 1 || s.power.watts > WATTS_MAX,
    price: s.power.price !== null && !(s.power.price >= 0 && s.power.price <= 1e6),
    currency: s.power.currency.trim() === "" || [...s.power.currency.trim()].length > 8,
    hubAddress: !ADDRESS.test(s.hub.address.trim()),
  };
}
