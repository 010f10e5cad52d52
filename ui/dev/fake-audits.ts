// Audits, reviewers, notices and the simulator in memory, from the same world as the levels.
import type {
  AuditsView,
  CharterVersion,
  Fault,
  Forecast,
  Notice,
  ReviewersView,
  Signals,
  SimulatedPolicy,
  SimulatedWorld,
} from "../src/api";
import type { World } from "./fake-levels";
import * as s from "./fake-statistics";
import { DAY, HOUR } from "./fake-world";
import { NOW, random } from "./sample";

/** Dodge's plan: clean ones in a row for a limit ε at a share f, near enough. */
const clearance = (epsilon: number, f: number) => Math.round((1.12 * (1 - f) ** 2) / epsilon / (0.45 + 5.5 * f)) + 1;

export function auditsView(w: World, share: number, epsilon: number): AuditsView {
  const policy = w.audits.filter((a) => a.kind === "audit");
  const done = policy.filter((a) => a.state === "done");
  const bad = done.filter((a) => a.bad);
  const open = w.audits.filter((a) => a.state === "open");
  const weight = (rows: typeof done) => rows.reduce((x, a) => x + 1 / a.probability, 0);
  const released = w.released;
  const ht = released ? weight(bad) / released : 0;
  const i = clearance(epsilon, share);
  return {
    share,
    dueHours: w.dueHours,
    clearance: i,
    brake: {
      on: (done[0]?.bad ?? false) === true,
      clean: Math.min(
        i,
        done.findIndex((a) => a.bad),
      ),
    },
    open: open.length,
    overdue: open.filter((a) => a.dueAt < NOW).length,
    oldestDue: open.length ? Math.min(...open.map((a) => a.dueAt)) : null,
    done: done.length,
    bad: bad.length,
    released,
    estimate: done.length
      ? {
          horvitzThompson: ht,
          hajek: weight(bad) / weight(done),
          standardError: Math.sqrt(bad.reduce((x, a) => x + (1 - a.probability) / a.probability ** 2, 0)) / released,
        }
      : null,
    bound: done.length ? s.upperBound(done.length, bad.length, Math.log(20)) : null,
    detector: done.length
      ? {
          value: s.drift(
            [...done].reverse().map((a) => a.bad === true),
            epsilon,
          ),
          alarm: 1000,
          judged: done.length,
        }
      : null,
    aoql: done.length ? epsilon : null,
    stream: w.audits.slice(0, 200),
    corrections: w.corrections,
  };
}

export function reviewersView(w: World): ReviewersView {
  const empty = w.judged.length === 0;
  const decided = empty ? 0 : Math.round(w.judged.length * 0.36);
  const seeded = w.seeded;
  const caught = Math.round(seeded * 0.925);
  const signals = (n: number, part: number): Signals => ({
    decided: Math.round(decided * part),
    approvals: Math.round(decided * part * 0.86),
    rushed: Math.round(decided * part * 0.004),
    medianSeconds: empty ? null : n,
    longestRun: empty ? 0 : Math.round(41 * part + 9),
    seeded: Math.round(seeded * part),
    missed: Math.round((seeded - caught) * part),
    missBound: seeded
      ? s.upperBound(Math.round(seeded * part), Math.round((seeded - caught) * part), Math.log(20))
      : null,
    word: "ok",
  });
  const faults: [Fault, number][] = [
    ["wrong_number", 0.4],
    ["wrong_name", 0.25],
    ["missing_step", 0.25],
    ["by_admin", 0.1],
  ];
  return {
    reReviewShare: w.reReviewShare,
    goldShare: w.goldShare,
    agreement: empty
      ? { pairs: 0, alpha: null, kappa: null, same: 0 }
      : { pairs: 118, alpha: 0.81, kappa: 0.8, same: 111 },
    golds: {
      seeded,
      open: Math.min(4, seeded),
      caught,
      missed: seeded - caught,
      missBound: seeded ? s.upperBound(seeded, seeded - caught, Math.log(20)) : null,
      byFault: seeded
        ? faults.map(([fault, part]) => {
            const n = Math.round(seeded * part);
            return { fault, seeded: n, caught: fault === "missing_step" ? Math.round(n * 0.8) : n };
          })
        : [],
    },
    mine: signals(14.2, 0.46),
    team: { ...signals(17.8, 1), reviewers: 3 },
  };
}

export function sampleNotices(useCaseName: string): Notice[] {
  const of = (
    id: number,
    ago: number,
    kind: Notice["kind"],
    words: string,
    seen: boolean,
    move: number | null = null,
  ): Notice => ({
    id,
    at: NOW - ago,
    useCase: 1,
    useCaseName,
    kind,
    words,
    move,
    seen,
  });
  return [
    of(
      4,
      2 * HOUR,
      "audits_overdue",
      "1 audit is overdue: for now half of what would go out alone waits for a person.",
      false,
    ),
    of(
      3,
      25 * HOUR,
      "correction",
      "An audit found a reply that should not have gone out. A corrected text is ready.",
      false,
    ),
    of(
      2,
      9 * DAY,
      "fell",
      "The level fell from Walk to Crawl: the bad ones among the audits came faster than 5 % allow.",
      true,
      13,
    ),
    of(1, 9 * DAY + HOUR, "brake", "A bad audit put the brake on: 54 clean ones in a row release it.", true),
  ];
}

export const charter: CharterVersion = {
  n: 1,
  by: "Mina Kim",
  note: "First version",
  at: NOW - 60 * DAY,
  charter: {
    why: "Customers wait two days for simple answers; the team spends half its time on the same ten questions.",
    risk: {
      cost: "medium",
      what: "A wrong promise costs a refund and trust",
      who: "the customer, then the shop",
      reversible: true,
    },
    role: { part: "core", initiative: "reactive", behaviour: "static" },
    audience: "external",
    bad: { distance: 0.25, grades: null },
    limits: { walk: { epsilon: 0.05, delta: 0.05 }, run: { epsilon: 0.01, delta: 0.05 } },
    targets: { shareAutomated: 0.3, volumePerDay: 120, responseSeconds: 3600, hoursSavedPerMonth: 15 },
    minimum: { quality: 0.85, ttftMs: 500, tpotMs: 50, costPerRequest: 0.01, sliceGap: 0.05 },
    milestones: [
      { date: "2026-10-15", what: "First hundred decisions", level: null },
      { date: "2026-11-20", what: "Inside the team without a person", level: "walk" },
      { date: "2027-02-01", what: "Customers get confident answers at once", level: "run" },
    ],
  },
};

/** The same rules on a few hundred streams: enough to draw. */
export function forecast(p: SimulatedPolicy, world: SimulatedWorld, streams: number): Forecast {
  const r = random(11);
  const needed = Math.log(1 / p.delta);
  const n = Math.min(streams, 200);
  const raises: number[] = [];
  for (let k = 0; k < n; k += 1) {
    let bad = 0;
    let at = Infinity;
    for (let i = 1; i <= 2500; i += 1) {
      bad += Number(r() < world.bad * world.noticed);
      if (i % 5 === 0 && s.logE(i, bad, p.epsilon) >= needed) {
        at = i;
        break;
      }
    }
    raises.push(at);
  }
  raises.sort((a, b) => a - b);
  const part = (q: number) => {
    const at = raises[Math.floor((raises.length - 1) * q)] ?? Infinity;
    return Number.isFinite(at) ? at : null;
  };
  const half = part(0.5);
  const i = clearance(p.epsilon, p.auditShare);
  const q = (1 - world.bad * world.noticed) ** i;
  const checked = p.auditShare / (p.auditShare + (1 - p.auditShare) * q);
  let value = 1;
  let drafts = 0;
  const verdicts: boolean[] = [];
  while (value < 1000 && drafts < 20_000) {
    drafts += Math.max(1, Math.round(1 / p.auditShare));
    verdicts.push(r() < world.badLater * world.noticed);
    value = s.drift(verdicts.slice(-400), p.epsilon);
  }
  return {
    raised: raises.filter(Number.isFinite).length / n,
    decisions: [part(0.1), half, part(0.9)],
    days: half === null ? null : half / world.perDay,
    held: checked - p.auditShare * (1 - checked),
    audited: p.auditShare * (1 - checked),
    badOut: 1000 * world.bad * (1 - checked),
    draftsToAlarm: drafts < 20_000 ? drafts + world.late : null,
    badOutUntilAlarm: (drafts + world.late) * world.badLater * (1 - checked) * 0.4,
  };
}
