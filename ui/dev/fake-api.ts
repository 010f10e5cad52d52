// The local API's switch and tokens, for the in-memory backend. Nothing listens.
import type { ApiSetting, ApiView, CommandError, ErrorCode, NewToken, Settings, Token, TokenInput } from "../src/api";

/** What the backend lends. */
export type Host = { settings: () => Settings; now: () => number };

function refuse(code: ErrorCode, message: string): never {
  const error: CommandError = { code, message };
  throw error;
}

export class FakeApi {
  setting: ApiSetting = { on: false, port: 4248, v6: false };
  tokens: Token[] = [];
  /** A port that another program has. */
  taken = 8080;
  #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  #admin(): void {
    if (this.#host.settings().role !== "admin") refuse("not_allowed", "it takes an admin");
  }

  #view(): ApiView {
    const { on, port } = this.setting;
    const isTaken = on && port === this.taken;
    return {
      setting: this.setting,
      address: on && !isTaken ? `http://127.0.0.1:${port}` : null,
      problem: isTaken ? `127.0.0.1:${port} is taken by another program: nothing listens` : null,
      tokens: this.tokens,
    };
  }

  commands: Record<string, (a: never) => unknown> = {
    api_view: () => this.#view(),
    api_save: (a: { setting: ApiSetting }) => {
      this.#admin();
      this.setting = a.setting;
      return this.#view();
    },
    api_token_create: (a: { token: TokenInput }): NewToken => {
      this.#admin();
      const { name, scopes, days } = a.token;
      if (this.tokens.some((t) => t.name === name && t.revokedAt === null))
        refuse("invalid", `name: a name that no other token has (found "${name}")`);
      const now = this.#host.now();
      const made: Token = {
        id: this.tokens.length + 1,
        name,
        scopes,
        createdBy: this.#host.settings().person,
        createdAt: now,
        expiresAt: days === null ? null : now + days * 86_400_000,
        revokedAt: null,
        usedAt: null,
      };
      this.tokens = [made, ...this.tokens];
      return { text: `gait_0badcafe_${"5".repeat(64)}`, view: this.#view() };
    },
    api_token_revoke: (a: { id: number }) => {
      this.#admin();
      this.tokens = this.tokens.map((t) => (t.id === a.id ? { ...t, revokedAt: this.#host.now() } : t));
      return this.#view();
    },
  };
}
