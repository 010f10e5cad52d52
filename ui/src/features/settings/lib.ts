// What keeps the settings from being saved. Pure.
import type { Settings } from "../../api";

/** TLS, or this machine. */
const ADDRESS = /^(https:\/\/[^\s/]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/\S*)?$/;

export const UNDO_MAX = 3600;

export function settingsProblems(s: Settings): { person: boolean; undoSeconds: boolean; hubAddress: boolean } {
  const seconds = s.undoSeconds;
  return {
    person: s.person.trim() === "",
    undoSeconds: !Number.isInteger(seconds) || seconds < 0 || seconds > UNDO_MAX,
    hubAddress: !ADDRESS.test(s.hub.address.trim()),
  };
}
