// Levels in memory: overview, evidence, confidence, replay. Everything is computed from the same decisions, so that a policy
// that is tried changes its numbers as it would in earnest.
import type {
  ConfidenceView,
  Level,
  LevelMove,
  MoveReport,
  OutSince,
  Overview,
  Replay,
  ReplayPolicy,
  StateCounts,
  StepEvidence,
  ThresholdBy,
  UseCase,
} from "../src/api";
import * as s from "./fake-statistics";
import { auditsOf, correctionsOf, DAY, HOUR, judgedBy, preview, type Judged } from "./fake-world";
import { NOW, random } from "./sample";

export type World = ReturnType<typeof worldOf>;

/** One use case's history. */
export function worldOf(useCase: number, size: number, days: number, audits: number) {
  const rows = auditsOf(useCase, audits);
  return {
    useCase,
    days,
    judged: judgedBy(useCase, size, days),
    audits: rows,
    corrections: correctionsOf(rows),
    released: audits * 10,
    calibratedAt: null as number | null,
    thresholdBy: "person" as ThresholdBy,
    dueHours: 24,
    reReviewShare: 0.05,
    goldShare: 0.05,
    seeded: size > 1000 ? 40 : 0,
    moves: [] as LevelMove[],
  };
}

const now = (w: World) => w.judged.filter((d) => d.version === 3);
const good = (d: Judged) => d.verdict === "approve";
const pairs = (ds: Judged[]) => ds.map((d) => ({ confidence: d.confidence, good: good(d) }));

const kept = new WeakMap<World, Map<string, unknown>>();
/** The decisions never change here: what was computed once from them under a key is kept. */
function once<T>(w: World, key: string, make: () => T): T {
  const of = kept.get(w) ?? new Map<string, unknown>();
  kept.set(w, of);
  if (!of.has(key)) of.set(key, make());
  return of.get(key) as T;
}
const sum = (ds: Judged[], f: (d: Judged) => boolean) => ds.reduce((n, d) => n + Number(f(d)), 0);

export function overviewOf(u: UseCase, w: World, counts: StateCounts): Overview {
  const mine = now(w);
  const decided = mine.length;
  const approved = sum(mine, good);
  const acceptance = decided ? approved / decided : null;
  const [low, high] = decided ? s.wilson(approved, decided) : [null, null];
  const auto = w.released;
  const bySlice = [...new Set(mine.map((d) => d.slice))].sort().map((slice) => {
    const ds = mine.filter((d) => d.slice === slice);
    const [lo, hi] = s.wilson(sum(ds, good), ds.length);
    return { slice, decided: ds.length, accepted: sum(ds, good), low: lo, high: hi };
  });
  const rates = bySlice.map((x) => x.accepted / x.decided);
  const perDay = (ds: Judged[]) => {
    const days = [...new Set(ds.map((d) => d.day))].sort().slice(-30);
    return days.map((day) => {
      const of = ds.filter((d) => d.day === day);
      return { day, decided: of.length, accepted: sum(of, good) };
    });
  };
  const empty = decided === 0;
  return {
    useCase: u.id,
    level: u.level,
    since: w.moves[0]?.at ?? NOW,
    movedBy: w.moves[0]?.actor ?? "",
    movedReason: w.moves[0]?.reason ?? "",
    counts,
    decided,
    approved,
    edited: sum(mine, (d) => d.verdict === "edit"),
    rejected: sum(mine, (d) => d.verdict === "reject"),
    acceptance,
    acceptanceLow: low ?? null,
    acceptanceHigh: high ?? null,
    automationRate: empty ? null : auto / (auto + decided),
    autoApproved: auto,
    ttftMs: empty ? null : 96,
    tpotMs: empty ? null : 10.2,
    wattHours: empty ? null : 0.0123,
    price: null,
    bins: s.reliability(pairs(mine)).map((b) => ({
      from: b.from,
      to: b.to,
      decided: b.n,
      accepted: Math.round(b.accepted * b.n),
    })),
    days: perDay(mine).map((d) => ({ ...d, auto: u.level === "crawl" ? 0 : Math.round(d.decided * 0.4) })),
    moves: w.moves,
    measured: {
      shareAutomated: empty ? null : auto / (auto + decided),
      volumePerDay: empty ? null : (auto + decided) / (w.days * 0.55),
      responseSeconds: empty ? null : 5_460,
      hoursSavedPerMonth: empty ? null : (auto * 70) / 3600,
      quality: acceptance,
      ttftMs: empty ? null : 96,
      tpotMs: empty ? null : 10.2,
      costPerRequest: empty ? null : 0.0000041,
      sliceGap: rates.length > 1 ? Math.max(...rates) - Math.min(...rates) : null,
    },
    sliceAcceptance: bySlice,
    versions: empty
      ? []
      : [3, 2].map((n) => ({
          n,
          model: "Gait Starter 8M",
          promptN: n - 1,
          days: perDay(w.judged.filter((d) => d.version === n)),
        })),
  };
}

function step(to: Level, ds: Judged[], epsilon: number, w: World, rest: Partial<StepEvidence>): StepEvidence {
  const needed = Math.log(1 / 0.025);
  const bad = sum(ds, (d) => d.bad);
  const figures = (of: Judged[]) => {
    const b = sum(of, (d) => d.bad);
    return {
      counted: of.length,
      bad: b,
      bound: s.upperBound(of.length, b, needed),
      moreClean: s.moreClean(of.length, b, epsilon, needed),
      logE: of.length ? s.logE(of.length, b, epsilon) : 0,
    };
  };
  const curve: StepEvidence["curve"] = [];
  let crossedAt: number | null = null;
  let [n, wrong, best] = [0, 0, 1];
  const every = Math.max(1, Math.ceil(ds.length / 200));
  for (const d of ds) {
    n += 1;
    wrong += Number(d.bad);
    const l = s.logE(n, wrong, epsilon);
    if (crossedAt === null && l >= needed) crossedAt = n;
    if (n % every === 0 || n === ds.length) {
      best = Math.min(best, s.upperBound(n, wrong, needed));
      curve.push({ n, bad: wrong, bound: best, logE: l });
    }
  }
  const slices = [...new Set(ds.map((d) => d.slice))].sort().map((slice) => {
    const f = figures(ds.filter((d) => d.slice === slice));
    return { slice, figures: f, proven: f.moreClean === 0 };
  });
  // What was once under a bound stays under it.
  const all = { ...figures(ds), bound: best };
  return {
    to,
    audience: "internal",
    attempt: 1,
    epsilon,
    all,
    slices,
    leftOut: [],
    allows: crossedAt !== null && bad >= 0,
    needed,
    curve,
    crossedAt,
    ratePerDay: ds.length ? ds.length / (w.days * 0.55) : null,
    gold: w.seeded ? { seeded: w.seeded, caught: Math.round(w.seeded * 0.925), missBound: 0.19 } : null,
    ladder: [],
    ...rest,
  };
}

export function evidenceOf(u: UseCase, w: World): StepEvidence[] {
  return once(w, `evidence ${u.threshold} ${w.thresholdBy} ${w.seeded}`, () => computeEvidence(u, w));
}

function computeEvidence(u: UseCase, w: World): StepEvidence[] {
  const mine = now(w);
  const bar = u.threshold;
  const inside = mine.filter((d) => !d.external && d.confidence >= bar);
  const outside = mine.filter((d) => d.external && d.confidence >= bar).slice(0, w.audits.length * 3);
  const out = (n: number, b = 0) => ({ decisions: n, bad: b });
  const leftOut: StepEvidence["leftOut"] = mine.length
    ? [
        {
          why: "not_confident",
          ...out(
            sum(mine, (d) => !d.external && d.confidence < bar),
            31,
          ),
        },
        { why: "other_audience", ...out(sum(mine, (d) => d.external)) },
        { why: "waits", ...out(3, 1) },
        { why: "rushed", ...out(12) },
        { why: "duplicate", ...out(19) },
        { why: "picked", ...out(7) },
        { why: "bulk", ...out(25) },
      ]
    : [];
  const ladder: StepEvidence["ladder"] =
    w.thresholdBy === "person" || inside.length === 0
      ? []
      : Array.from({ length: 20 }, (_, i) => {
          const coverage = (i + 1) / 20;
          const of = mine.filter((d) => !d.external).sort((a, b) => b.confidence - a.confidence);
          const threshold = of[Math.floor((of.length - 1) * coverage)]?.confidence ?? 0;
          const above = of.filter((d) => d.confidence >= threshold);
          const bad = sum(above, (d) => d.bad);
          const l = s.logE(above.length, bad, 0.05);
          return { coverage, threshold, counted: above.length, bad, logE: l, state: "waiting" };
        });
  let trying = false;
  for (const rung of ladder.slice(5)) {
    if (!trying && rung.logE >= Math.log(40)) rung.state = "passed";
    else if (!trying) {
      rung.state = "trying";
      trying = true;
    }
  }
  return [
    step("walk", inside, 0.05, w, { leftOut, ladder }),
    step("run", outside, 0.01, w, { audience: "external", leftOut: leftOut.slice(0, 1), gold: null }),
  ];
}

/** What fitting would make of a confidence: the true chance, nearly. */
const fitted = (c: number) => Math.min(0.985, 0.96 / (1 + Math.exp(-(c - 0.6) * 11.5)));

export function confidenceOf(u: UseCase, w: World): ConfidenceView {
  return once(w, `confidence ${u.threshold} ${w.thresholdBy} ${w.calibratedAt}`, () => computeConfidence(u, w));
}

function computeConfidence(u: UseCase, w: World): ConfidenceView {
  const mine = now(w);
  const held = pairs(mine.slice(-1200));
  const fit = held.map((p) => ({ ...p, confidence: fitted(p.confidence) }));
  const shown =
    w.calibratedAt === null ? pairs(mine) : pairs(mine).map((p) => ({ ...p, confidence: fitted(p.confidence) }));
  const bins = s.reliability(shown);
  const sorted = [...mine].sort((a, b) => b.confidence - a.confidence);
  const riskCoverage: ConfidenceView["riskCoverage"] = [];
  let bad = 0;
  const every = Math.max(1, Math.ceil(sorted.length / 100));
  sorted.forEach((d, i) => {
    bad += Number(d.bad);
    if ((i + 1) % every === 0 || i === sorted.length - 1)
      riskCoverage.push({
        threshold: d.confidence,
        coverage: (i + 1) / sorted.length,
        error: bad / (i + 1),
        high: s.wilson(bad, i + 1)[1],
      });
  });
  return {
    calibrator:
      w.calibratedAt === null
        ? null
        : {
            n: 1,
            at: w.calibratedAt,
            by: "Mina Kim",
            decisions: mine.length - 1200,
            isotonic: true,
            weights: [
              { feature: "mean_logprob", weight: 1.84 },
              { feature: "min_logprob", weight: 0.61 },
              { feature: "low_logprob", weight: 0.42 },
              { feature: "mean_entropy", weight: -0.77 },
              { feature: "log_length", weight: -0.18 },
              { feature: "similarity", weight: 0.39 },
            ],
          },
    thresholdBy: w.thresholdBy,
    threshold: u.threshold,
    decisions: mine.length,
    brier: s.brier(shown),
    ece: s.ece(bins),
    auroc: s.auroc(shown),
    reliability: mine.length ? bins : [],
    riskCoverage,
    offer:
      w.calibratedAt !== null || mine.length < 400
        ? null
        : {
            decisions: 1200,
            brierNow: s.brier(held) ?? 0,
            brierThen: s.brier(fit) ?? 0,
            eceNow: s.ece(s.reliability(held)) ?? 0,
            eceThen: s.ece(s.reliability(fit)) ?? 0,
          },
  };
}

export function replayOf(w: World, policy: ReplayPolicy): Replay {
  const since = w.calibratedAt;
  const judged = now(w).filter((d) => since === null || d.at > since);
  const may = (d: Judged) => policy.level === "run" || (policy.level === "walk" && !d.external);
  const alone = judged.filter((d) => may(d) && d.confidence >= policy.threshold);
  const bad = sum(alone, (d) => d.bad);
  const changed = alone.filter((d) => d.verdict !== "approve");
  return {
    judged: judged.length,
    since,
    alone: alone.length,
    coverage: judged.length ? alone.length / judged.length : 0,
    edited: sum(alone, (d) => d.verdict === "edit"),
    rejected: sum(alone, (d) => d.verdict === "reject"),
    bad,
    error: alone.length ? bad / alone.length : null,
    high: alone.length ? s.wilson(bad, alone.length)[1] : null,
    hoursSaved: (alone.length * 68) / 3600,
    held: Math.round(judged.length * 0.03),
    audited: Math.round(alone.length * policy.auditShare),
    items: [...changed]
      .sort((a, b) => Number(b.bad) - Number(a.bad) || b.at - a.at)
      .slice(0, 200)
      .map((d) => ({
        item: d.item,
        uid: d.uid,
        preview: preview(d.item),
        verdict: d.verdict,
        confidence: d.confidence,
        bad: d.bad,
      })),
  };
}

export function outSinceOf(w: World, move: LevelMove): OutSince[] {
  const r = random(move.id);
  return Array.from({ length: move.outSince }, (_, i) => {
    const item = w.useCase * 10_000 + 7000 + i;
    return {
      item,
      uid: `0193a6c2-${item}`,
      preview: preview(item),
      at: (move.changedAt ?? move.at) + i * HOUR,
      audited: r() < 0.12 ? (r() < 0.4 ? "bad" : "clean") : r() < 0.05 ? "open" : null,
    };
  });
}

export function movesOf(useCase: number): LevelMove[] {
  const base = { decided: 212, acceptance: 0.934, overridden: false, cause: null, outSince: 0, changedAt: null };
  return [
    {
      ...base,
      id: useCase * 10 + 4,
      at: NOW - 3 * DAY,
      from: "crawl",
      to: "walk",
      by: "person",
      actor: "Mina Kim",
      reason: "Two weeks without a wrong fact; the team reads every reply anyway.",
    },
    {
      ...base,
      id: useCase * 10 + 3,
      at: NOW - 9 * DAY,
      from: "walk",
      to: "crawl",
      by: "rule",
      actor: "rule",
      reason: "The bad ones among the audits came faster than 5 % allow.",
      decided: 131,
      acceptance: 0.86,
      cause: "drift",
      outSince: 37,
      changedAt: NOW - 11 * DAY,
    },
    {
      ...base,
      id: useCase * 10 + 2,
      at: NOW - 12 * DAY,
      from: "crawl",
      to: "walk",
      by: "person",
      actor: "Adaeze Obi",
      reason: "Trying the internal audience first.",
      decided: 96,
      acceptance: 0.91,
      overridden: true,
    },
  ];
}

export function reportOf(
  u: UseCase,
  w: World,
  move: LevelMove,
  charter: MoveReport["charter"],
): Omit<MoveReport, "audits"> {
  return {
    useCase: u.name,
    charter,
    move,
    steps: evidenceOf(u, w),
    drafter: `Version ${u.drafterVersion}: Gait Starter 8M, prompt version 2, temperature 0.3`,
    epoch: "Epoch 1 since 1 November 2026: charter version 1, hold rules version 1",
  };
}
