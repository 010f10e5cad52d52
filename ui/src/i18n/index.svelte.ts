// The language of the window. Invariant: every dictionary has exactly the keys of English; the compiler refuses others.
import type { Locale, LocaleChoice } from "../api";
import { en } from "./en";
import { ko } from "./ko";

const dictionaries = { en, ko } satisfies Record<Locale, typeof en>;
export type Dictionary = typeof en;

/** What "system" means: Korean where the system speaks Korean, English everywhere else. */
export function resolveLocale(choice: LocaleChoice, system: string): Locale {
  if (choice !== "system") return choice;
  return system.toLowerCase().startsWith("ko") ? "ko" : "en";
}

let locale = $state<Locale>("en");
export const i18n = {
  get t(): Dictionary {
    return dictionaries[locale];
  },
  get locale(): Locale {
    return locale;
  },
  set locale(next: Locale) {
    locale = next;
    document.documentElement.lang = next;
  },
};
