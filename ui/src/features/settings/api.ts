// The local API's part of the settings: what keeps a switch or a token from being sent. Pure.
import type { Scope, Token } from "../../api";

export const SCOPES: Scope[] = ["submit", "read", "deliver", "admin"];

export const portWrong = (port: number): boolean => !Number.isInteger(port) || port < 1024 || port > 65_535;

/** Days of a token; null is no end. */
export const daysWrong = (days: number | null): boolean =>
  days !== null && (!Number.isInteger(days) || days < 1 || days > 3650);

export type TokenState = "good" | "revoked" | "expired";

export function stateOf(token: Token, now: number): TokenState {
  if (token.revokedAt !== null) return "revoked";
  return token.expiresAt !== null && token.expiresAt <= now ? "expired" : "good";
}
