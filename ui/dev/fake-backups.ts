// Backups in memory, as the shell answers about them.
import type { Backup, BackupLoss, ErrorCode, Finding } from "../src/api";
import { NOW } from "./sample";

type Host = { refuse: (code: ErrorCode, message: string) => never; isAdmin: () => boolean };

const HOUR = 3_600_000;

export class FakeBackups {
  list: Backup[] = Array.from({ length: 9 }, (_, n) => backup(n < 5 ? n * 0.5 : (n - 3) * 24, 240 - n * 12));
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  commands: Record<string, (a: never) => unknown> = {
    backup_list: () => this.list,
    backup_make: () => {
      const made = backup(0, 260);
      made.name = `gait-new-${this.list.length}.db`;
      this.list = [made, ...this.list];
      return made;
    },
    backup_loss: (a: { name: string }): BackupLoss => {
      const chosen = this.#find(a.name);
      const decisions = 252 - (chosen.decisions ?? 0);
      return { decisions, items: 2 * decisions, delivered: Math.floor(decisions / 2), since: chosen.madeAt };
    },
    backup_restore: (a: { name: string }) => {
      if (!this.#host.isAdmin()) this.#host.refuse("not_allowed", "Put back a backup: it takes an admin");
      this.#find(a.name);
      const kept: Backup = { ...backup(0, 252), name: "replaced-2026-09-21T13-13-20Z.db", kind: "replaced" };
      this.list = [kept, ...this.list];
      return kept.name;
    },
    database_check: (): Finding[] => [
      { ok: true, what: "Database: integrity, references, seals and counts are right" },
      { ok: true, what: "Model Gait Starter" },
    ],
    everything_export: (a: { folder: string }) => {
      if (!a.folder.startsWith("/")) this.#host.refuse("invalid", "The folder must be named in full");
      return { tables: 41, rows: 12_345 };
    },
  };

  #find(name: string): Backup {
    return this.list.find((b) => b.name === name) ?? this.#host.refuse("not_found", `There is no backup ${name}`);
  }
}

function backup(hours: number, decisions: number): Backup {
  const madeAt = NOW - hours * HOUR;
  const stamp = new Date(madeAt).toISOString().slice(0, 19).replaceAll(":", "-");
  return {
    name: `gait-${stamp}Z.db`,
    kind: "kept",
    bytes: 4_000_000 + decisions * 9_000,
    madeAt,
    items: decisions * 2,
    decisions,
    trouble: null,
  };
}
