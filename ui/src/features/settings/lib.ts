// What keeps the settings from being saved. Pure.
import type { Settings } from "../../api";

export const UNDO_MAX = 3600;

export function settingsProblems(s: Settings): { person: boolean; undoSeconds: boolean } {
  const seconds = s.undoSeconds;
  return {
    person: s.person.trim() === "",
    undoSeconds: !Number.isInteger(seconds) || seconds < 0 || seconds > UNDO_MAX,
  };
}
