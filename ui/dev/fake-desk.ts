// The commands of levels, audits, reviewers and notices for the in-memory backend, with their refusals.
import type {
  CommandError,
  ErrorCode,
  Fault,
  Level,
  LevelMove,
  Notice,
  ReplayPolicy,
  Settings,
  SimulatedPolicy,
  SimulatedWorld,
  StateCounts,
  ThresholdBy,
  UseCase,
} from "../src/api";
import * as audits from "./fake-audits";
import * as levels from "./fake-levels";
import { DAY } from "./fake-world";
import { NOW } from "./sample";

/** What the backend lends: its settings and use cases, and a way to say that something changed. */
export type Host = {
  settings: () => Settings;
  useCases: () => UseCase[];
  counts: (useCase: number) => StateCounts;
  changed: (what: { levels?: boolean; queue?: boolean; useCases?: boolean }) => void;
};

function refuse(code: ErrorCode, message: string): never {
  const error: CommandError = { code, message };
  throw error;
}
const ORDER: Level[] = ["crawl", "walk", "run"];

export class FakeLevels {
  notices: Notice[] = [];
  worlds = new Map<number, levels.World>();
  printed = 0;
  saved: { name: string; html: string }[] = [];
  #host: Host;
  #noticeFile: string | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  fill(useCase: number, size: number, days: number, auditCount: number): void {
    const w = levels.worldOf(useCase, size, days, auditCount);
    if (auditCount > 0) w.moves = levels.movesOf(useCase);
    this.worlds.set(useCase, w);
    if (useCase === 1) this.notices = audits.sampleNotices(this.#useCase(1).name);
  }

  #useCase(id: number): UseCase {
    return this.#host.useCases().find((u) => u.id === id) ?? refuse("not_found", `there is no use case ${id}`);
  }
  world(id: number): levels.World {
    let w = this.worlds.get(id);
    if (!w) this.worlds.set(id, (w = levels.worldOf(id, 0, 1, 0)));
    return w;
  }
  #admin(what: string): void {
    if (this.#host.settings().role !== "admin") refuse("not_allowed", `only an admin may ${what}`);
  }
  overview(id: number) {
    return levels.overviewOf(this.#useCase(id), this.world(id), this.#host.counts(id));
  }
  #audits(id: number) {
    const u = this.#useCase(id);
    return audits.auditsView(this.world(id), u.checkShare, u.level === "run" ? 0.01 : 0.05);
  }
  #move(id: number): [levels.World, LevelMove] {
    for (const w of this.worlds.values()) {
      const move = w.moves.find((m) => m.id === id);
      if (move) return [w, move];
    }
    return refuse("not_found", `there is no move ${id}`);
  }
  /** The decision on an item that only the world knows. */
  judged(item: number) {
    for (const w of this.worlds.values()) {
      const found = w.judged.find((d) => d.item === item);
      if (found) return found;
    }
    return null;
  }

  levelMove(a: { useCase: number; to: Level; reason: string; withoutEvidence: boolean }) {
    const u = this.#useCase(a.useCase);
    const w = this.world(a.useCase);
    const up = ORDER.indexOf(a.to) > ORDER.indexOf(u.level);
    if (up) this.#admin("raise a level");
    const step = levels.evidenceOf(u, w).find((s) => s.to === a.to);
    if (up && !step?.allows && !a.withoutEvidence) refuse("not_allowed", "the evidence is not enough");
    w.moves.unshift({
      id: 1000 + w.moves.length,
      at: Date.now(),
      from: u.level,
      to: a.to,
      by: "person",
      actor: this.#host.settings().person,
      reason: a.reason,
      decided: w.judged.length,
      acceptance: 0.9,
      overridden: up && !step?.allows,
      cause: null,
      outSince: 0,
      changedAt: null,
    });
    u.level = a.to;
    this.#host.changed({ levels: true, useCases: true });
    return this.overview(a.useCase);
  }

  commands: Record<string, (a: never) => unknown> = {
    overview: (a: { useCase: number }) => this.overview(a.useCase),
    level_evidence: (a: { useCase: number }) => levels.evidenceOf(this.#useCase(a.useCase), this.world(a.useCase)),
    level_move: (a: Parameters<FakeLevels["levelMove"]>[0]) => this.levelMove(a),
    move_report: (a: { move: number }) => {
      const [w, move] = this.#move(a.move);
      return { ...levels.reportOf(this.#useCase(w.useCase), w, move, audits.charter), audits: this.#audits(w.useCase) };
    },
    move_out_since: (a: { move: number }) => levels.outSinceOf(...this.#move(a.move)),
    report_save: (a: { name: string; html: string }) => {
      this.saved.push(a);
      return `/home/mina/${a.name}`;
    },
    report_print: () => {
      this.printed += 1;
      return null;
    },
    confidence_view: (a: { useCase: number }) => levels.confidenceOf(this.#useCase(a.useCase), this.world(a.useCase)),
    calibrate: (a: { useCase: number }) => {
      this.#admin("calibrate");
      const w = this.world(a.useCase);
      if (levels.confidenceOf(this.#useCase(a.useCase), w).offer === null)
        refuse("invalid", "There are too few decisions to fit the confidence on.");
      w.calibratedAt = NOW - 14 * DAY;
      this.#host.changed({ levels: true });
      return levels.confidenceOf(this.#useCase(a.useCase), w);
    },
    threshold_by_set: (a: { useCase: number; by: ThresholdBy }) => {
      this.#admin("say who sets the threshold");
      this.world(a.useCase).thresholdBy = a.by;
      this.#host.changed({ levels: true });
      return levels.confidenceOf(this.#useCase(a.useCase), this.world(a.useCase));
    },
    replay: (a: { useCase: number; policy: ReplayPolicy }) => {
      if (!(a.policy.threshold >= 0 && a.policy.threshold <= 1)) refuse("invalid", "threshold: 0 to 1 expected");
      return levels.replayOf(this.world(a.useCase), a.policy);
    },
    audits_view: (a: { useCase: number }) => this.#audits(a.useCase),
    audit_settings_save: (a: { useCase: number; share: number; dueHours: number }) => {
      this.#admin("change the audits");
      if (a.share < 0.01 || a.share > 1) refuse("invalid", "share: 0.01 to 1 expected");
      this.#useCase(a.useCase).checkShare = a.share;
      this.world(a.useCase).dueHours = a.dueHours;
      this.#host.changed({ levels: true, useCases: true });
      return this.#audits(a.useCase);
    },
    correction_send: (a: { item: number; text: string }) => this.#correct(a.item, "sent", a.text),
    correction_dismiss: (a: { item: number; note: string }) => this.#correct(a.item, "dismissed", null),
    reviewers_view: (a: { useCase: number }) => audits.reviewersView(this.world(a.useCase)),
    reviewers_settings_save: (a: { useCase: number; reReviewShare: number; goldShare: number }) => {
      this.#admin("change the shares");
      const w = this.world(a.useCase);
      w.reReviewShare = a.reReviewShare;
      w.goldShare = a.goldShare;
      return audits.reviewersView(w);
    },
    seed_items: (a: { useCase: number; count: number; fault: Fault | null }) => {
      this.#admin("seed items");
      if (a.count < 1 || a.count > 200) refuse("invalid", "count: 1 to 200 expected");
      this.world(a.useCase).seeded += a.count;
      return audits.reviewersView(this.world(a.useCase));
    },
    seed_from: () => {
      this.#admin("seed items");
      this.world(1).seeded += 1;
      return audits.reviewersView(this.world(1));
    },
    notices: () => this.notices,
    notice_seen: (a: { id: number }) => {
      this.notices = this.notices.map((n) => (n.id === a.id ? { ...n, seen: true } : n));
      return null;
    },
    notice_sink: () => this.#noticeFile,
    notice_sink_save: (a: { path: string | null }) => {
      this.#admin("change where notices go");
      if (a.path !== null && !a.path.startsWith("/")) refuse("file", `${a.path}: a whole path is expected`);
      this.#noticeFile = a.path;
      return null;
    },
    simulate: (a: { policy: SimulatedPolicy; world: SimulatedWorld; streams: number }) => {
      if (a.world.perDay <= 0) refuse("invalid", "drafts a day: more than 0 expected");
      return audits.forecast(a.policy, a.world, a.streams);
    },
  };

  #correct(item: number, state: "sent" | "dismissed", text: string | null): null {
    for (const w of this.worlds.values()) {
      const c = w.corrections.find((x) => x.item === item);
      if (!c) continue;
      if (c.state !== "open") refuse("stale", "this correction is closed");
      Object.assign(c, { state, corrected: text ?? c.corrected });
      this.#host.changed({ levels: true });
      return null;
    }
    return refuse("not_found", "nothing to correct");
  }
}
