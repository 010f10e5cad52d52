// The one table of keys that can be changed: what each action has now, and what a person may give it. Pure. The actions and
// the keys that they come with are the shell's; it refuses what is refused here.
import { defaultKeys, type Settings } from "./api";
import { belongsToText, letter, type KeyEvent } from "./shortcuts";

export type KeyAction = (typeof defaultKeys)[number][0];
export type Keys = Settings["keys"];

export const KEY_ACTIONS: readonly KeyAction[] = defaultKeys.map(([action]) => action);
const DEFAULTS = new Map<KeyAction, string>(defaultKeys.map(([action, key]) => [action, key]));

export function defaultKey(action: KeyAction): string {
  return DEFAULTS.get(action) ?? "";
}

/** The key that starts an action now. */
export function keyOf(keys: Keys, action: KeyAction): string {
  return keys[action] ?? defaultKey(action);
}

/** A key as it stands on the keyboard. */
export function keyLabel(key: string): string {
  return key
    .split("+")
    .map((part) => (part === "Shift" ? "⇧" : part.toUpperCase()))
    .join("");
}

export function isChanged(keys: Keys, action: KeyAction): boolean {
  return keyOf(keys, action) !== defaultKey(action);
}

/** The other action that a key starts. */
export function takenBy(keys: Keys, action: KeyAction, key: string): KeyAction | null {
  return KEY_ACTIONS.find((other) => other !== action && keyOf(keys, other) === key) ?? null;
}

export type Wanted = { key: string } | "cancel" | "modifier" | "notALetter" | "ignored";

/** What a person means who presses a key as the new one of an action. Shift stays as the action has it. */
export function wanted(e: KeyEvent, action: KeyAction): Wanted {
  if (e.key === "Escape") return "cancel";
  if (["Tab", "Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "HangulMode"].includes(e.key))
    return "ignored";
  if (e.repeat) return "ignored";
  if (e.ctrlKey || e.metaKey || e.altKey || belongsToText(e)) return "modifier";
  const pressed = letter(e);
  if (!/^[a-z]$/.test(pressed)) return "notALetter";
  return { key: defaultKey(action).startsWith("Shift+") ? `Shift+${pressed}` : pressed };
}

/** The keys after a change; only what differs from the default is kept. Null: another action has the key. */
export function withKey(keys: Keys, action: KeyAction, key: string): Keys | null {
  if (takenBy(keys, action, key) !== null) return null;
  const others = Object.entries(keys).filter(([a]) => a !== action);
  return Object.fromEntries(key === defaultKey(action) ? others : [...others, [action, key]]);
}
