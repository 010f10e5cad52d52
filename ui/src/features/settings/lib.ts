// What keeps the settings from being saved. Pure.
import type { Settings } from "../../api";

/** TLS, or this machine. */
const ADDRESS = /^(https:\/\/[^\s/]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/\S*)?$/;

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
