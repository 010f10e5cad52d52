// The part of the contract that the generated bindings do not name yet: levels, audits, confidence, reviewers, notices.
// Invariant: names and shapes are those of the contract, so that this file goes when bindings.ts has them.
import { invoke } from "@tauri-apps/api/core";
import type {
  Audience,
  CharterVersion,
  DecisionInput as PlainDecisionInput,
  Decided as PlainDecided,
  EvidenceFigures as PlainFigures,
  ItemView as PlainItemView,
  Level,
  LevelMove as PlainMove,
  NotCounted as PlainNotCounted,
  Overview as PlainOverview,
  QueueOrder,
  QueuePage as PlainQueuePage,
  QueueQuery as PlainQueueQuery,
  QueueRow as PlainQueueRow,
  QueueTab as PlainQueueTab,
  Verdict,
} from "../generated/bindings";

// --- the overview

export type Measured = {
  shareAutomated: number | null;
  volumePerDay: number | null;
  responseSeconds: number | null;
  hoursSavedPerMonth: number | null;
  quality: number | null;
  ttftMs: number | null;
  tpotMs: number | null;
  costPerRequest: number | null;
  sliceGap: number | null;
};
export type SliceAcceptance = {
  slice: string | null;
  decided: number;
  accepted: number;
  low: number | null;
  high: number | null;
};
export type VersionDay = { day: string; decided: number; accepted: number };
export type VersionAcceptance = { n: number; model: string; promptN: number; days: VersionDay[] };
export type Overview = Omit<PlainOverview, "recent" | "moves"> & {
  moves: LevelMove[];
  measured: Measured;
  sliceAcceptance: SliceAcceptance[];
  versions: VersionAcceptance[];
};

// --- evidence and moves

export type NotCounted = PlainNotCounted | "picked" | "bulk";
export type LeftOut = { why: NotCounted; decisions: number; bad: number };
export type EvidenceFigures = PlainFigures & { logE: number };
export type SliceEvidence = { slice: string | null; figures: EvidenceFigures; proven: boolean };
export type CurvePoint = { n: number; bad: number; bound: number; logE: number };
export type GoldFigures = { seeded: number; caught: number; missBound: number };
export type RungState = "passed" | "trying" | "waiting";
export type Rung = {
  coverage: number;
  threshold: number;
  counted: number;
  bad: number;
  logE: number;
  state: RungState;
};
export type StepEvidence = {
  to: Level;
  audience: Audience;
  attempt: number;
  epsilon: number;
  all: EvidenceFigures;
  slices: SliceEvidence[];
  leftOut: LeftOut[];
  allows: boolean;
  needed: number;
  curve: CurvePoint[];
  crossedAt: number | null;
  ratePerDay: number | null;
  gold: GoldFigures | null;
  ladder: Rung[];
};
export type Cause = "drift" | "audits_missing" | "sink_failing" | "model_changed";
export type LevelMove = PlainMove & { id: number; cause: Cause | null; outSince: number; changedAt: number | null };
export type OutSince = {
  item: number;
  uid: string;
  preview: string;
  at: number;
  audited: "clean" | "bad" | "open" | null;
};
export type MoveReport = {
  useCase: string;
  charter: CharterVersion;
  move: LevelMove;
  steps: StepEvidence[];
  drafter: string;
  epoch: string;
  audits: AuditsView | null;
};

// --- confidence and replay

export type ThresholdBy = "person" | "ladder";
export type Calibrator = {
  n: number;
  at: number;
  by: string;
  decisions: number;
  isotonic: boolean;
  weights: { feature: string; weight: number }[];
};
export type ReliabilityBin = { from: number; to: number; n: number; confidence: number; accepted: number };
export type RiskPoint = { threshold: number; coverage: number; error: number; high: number };
export type CalibrateOffer = {
  decisions: number;
  brierNow: number;
  brierThen: number;
  eceNow: number;
  eceThen: number;
};
export type ConfidenceView = {
  calibrator: Calibrator | null;
  thresholdBy: ThresholdBy;
  threshold: number;
  decisions: number;
  brier: number | null;
  ece: number | null;
  auroc: number | null;
  reliability: ReliabilityBin[];
  riskCoverage: RiskPoint[];
  offer: CalibrateOffer | null;
};
export type ReplayPolicy = { level: Level; threshold: number; auditShare: number };
export type ReplayItem = {
  item: number;
  uid: string;
  preview: string;
  verdict: Verdict;
  confidence: number;
  bad: boolean;
};
export type Replay = {
  judged: number;
  since: number | null;
  alone: number;
  coverage: number;
  edited: number;
  rejected: number;
  bad: number;
  error: number | null;
  high: number | null;
  hoursSaved: number;
  held: number;
  audited: number;
  items: ReplayItem[];
};

// --- audits

export type AuditKind = "audit" | "re_review";
export type AuditState = "open" | "done" | "dropped";
export type AuditRow = {
  audit: number;
  item: number;
  uid: string;
  kind: AuditKind;
  probability: number;
  confidence: number;
  deliveredAt: number;
  dueAt: number;
  state: AuditState;
  verdict: string | null;
  bad: boolean | null;
  at: number | null;
  actor: string | null;
};
export type CorrectionState = "open" | "sent" | "dismissed";
export type Correction = {
  item: number;
  uid: string;
  preview: string;
  sentTo: string[];
  out: string;
  corrected: string | null;
  state: CorrectionState;
  at: number;
};
export type AuditsView = {
  share: number;
  dueHours: number;
  clearance: number;
  brake: { on: boolean; clean: number };
  open: number;
  overdue: number;
  oldestDue: number | null;
  done: number;
  bad: number;
  released: number;
  estimate: { horvitzThompson: number; hajek: number; standardError: number } | null;
  bound: number | null;
  detector: { value: number; alarm: number; judged: number } | null;
  aoql: number | null;
  stream: AuditRow[];
  corrections: Correction[];
};

// --- reviewers

export type Fault = "wrong_number" | "wrong_name" | "missing_step" | "by_admin";
export type SignalWord = "ok" | "fast" | "runs" | "misses";
export type Signals = {
  decided: number;
  approvals: number;
  rushed: number;
  medianSeconds: number | null;
  longestRun: number;
  seeded: number;
  missed: number;
  missBound: number | null;
  word: SignalWord;
};
export type ReviewersView = {
  reReviewShare: number;
  goldShare: number;
  agreement: { pairs: number; alpha: number | null; kappa: number | null; same: number };
  golds: {
    seeded: number;
    open: number;
    caught: number;
    missed: number;
    missBound: number | null;
    byFault: { fault: Fault; seeded: number; caught: number }[];
  };
  mine: Signals;
  team: Signals & { reviewers: number };
};

// --- notices and the simulator

export type NoticeKind = "fell" | "brake" | "audits_overdue" | "sink_failing" | "model_changed" | "correction";
export type Notice = {
  id: number;
  at: number;
  useCase: number;
  useCaseName: string;
  kind: NoticeKind;
  words: string;
  move: number | null;
  seen: boolean;
};
export type SimulatedPolicy = { epsilon: number; delta: number; auditShare: number };
export type SimulatedWorld = { bad: number; noticed: number; late: number; badLater: number; perDay: number };
export type Forecast = {
  raised: number;
  decisions: [number | null, number | null, number | null];
  days: number | null;
  held: number;
  audited: number;
  badOut: number;
  draftsToAlarm: number | null;
  badOutUntilAlarm: number;
};

// --- items and the queue

export type QueueTab = PlainQueueTab | "audits";
export type QueueQuery = Omit<PlainQueueQuery, "tab"> & { tab: QueueTab };
export type QueueRow = PlainQueueRow & { dueAt: number | null };
export type QueuePage = Omit<PlainQueuePage, "rows"> & { rows: QueueRow[] };
export type OpenAudit = { id: number; kind: AuditKind; dueAt: number };
export type ItemView = PlainItemView & { audit: OpenAudit | null };
export type Found = { order: QueueOrder; filtered: boolean; picked: boolean };
export type DecisionInput = PlainDecisionInput & { found: Found };
export type Decided = PlainDecided & { seeded: boolean | null };

const UNMEASURED: Measured = {
  shareAutomated: null,
  volumePerDay: null,
  responseSeconds: null,
  hoursSavedPerMonth: null,
  quality: null,
  ttftMs: null,
  tpotMs: null,
  costPerRequest: null,
  sliceGap: null,
};
/** A shell that does not measure all of it yet: what it leaves out is not known. */
const whole = (o: Overview): Overview => ({
  ...o,
  measured: o.measured ?? UNMEASURED,
  sliceAcceptance: o.sliceAcceptance ?? [],
  versions: o.versions ?? [],
});
const wholeStep = (s: StepEvidence): StepEvidence => ({
  ...s,
  needed: s.needed ?? 0,
  curve: s.curve ?? [],
  crossedAt: s.crossedAt ?? null,
  ratePerDay: s.ratePerDay ?? null,
  gold: s.gold ?? null,
  ladder: s.ladder ?? [],
});

/** Calls a command by its wire name. What it throws is the shell's `{ code, message }`. */
const call = <T>(command: string, args: Record<string, unknown> = {}): Promise<T> => invoke<T>(command, args);

export const levelCommands = {
  overview: (useCase: number) => call<Overview>("overview", { useCase }).then(whole),
  levelEvidence: (useCase: number) => call<StepEvidence[]>("level_evidence", { useCase }).then((s) => s.map(wholeStep)),
  levelMove: (useCase: number, to: Level, reason: string, withoutEvidence: boolean) =>
    call<Overview>("level_move", { useCase, to, reason, withoutEvidence }).then(whole),
  moveReport: (move: number) => call<MoveReport>("move_report", { move }),
  moveOutSince: (move: number) => call<OutSince[]>("move_out_since", { move }),
  reportSave: (name: string, html: string) => call<string | null>("report_save", { name, html }),
  reportPrint: () => call<null>("report_print"),

  confidenceView: (useCase: number) => call<ConfidenceView>("confidence_view", { useCase }),
  calibrate: (useCase: number) => call<ConfidenceView>("calibrate", { useCase }),
  thresholdBySet: (useCase: number, by: ThresholdBy) => call<ConfidenceView>("threshold_by_set", { useCase, by }),
  replay: (useCase: number, policy: ReplayPolicy) => call<Replay>("replay", { useCase, policy }),

  auditsView: (useCase: number) => call<AuditsView>("audits_view", { useCase }),
  auditSettingsSave: (useCase: number, share: number, dueHours: number) =>
    call<AuditsView>("audit_settings_save", { useCase, share, dueHours }),
  correctionSend: (item: number, text: string, note: string) => call<null>("correction_send", { item, text, note }),
  correctionDismiss: (item: number, note: string) => call<null>("correction_dismiss", { item, note }),

  reviewersView: (useCase: number) => call<ReviewersView>("reviewers_view", { useCase }),
  reviewersSettingsSave: (useCase: number, reReviewShare: number, goldShare: number) =>
    call<ReviewersView>("reviewers_settings_save", { useCase, reReviewShare, goldShare }),
  seedItems: (useCase: number, count: number, fault: Fault | null) =>
    call<ReviewersView>("seed_items", { useCase, count, fault }),
  seedFrom: (item: number, text: string, note: string) => call<ReviewersView>("seed_from", { item, text, note }),

  notices: () => call<Notice[]>("notices"),
  noticeSeen: (id: number) => call<null>("notice_seen", { id }),
  noticeSink: (useCase: number) => call<string | null>("notice_sink", { useCase }),
  noticeSinkSave: (useCase: number, path: string | null) => call<null>("notice_sink_save", { useCase, path }),
  simulate: (policy: SimulatedPolicy, world: SimulatedWorld, streams: number) =>
    call<Forecast>("simulate", { policy, world, streams }),

  queuePage: (query: QueueQuery) => call<QueuePage>("queue_page", { query }),
  itemNext: (query: QueueQuery, exclude: number[]) => call<ItemView | null>("item_next", { query, exclude }),
  itemOpen: (item: number) => call<ItemView>("item_open", { item }),
  itemDecide: (decision: DecisionInput) => call<Decided>("item_decide", { decision }),
  itemUndo: (useCase: number) => call<ItemView>("item_undo", { useCase }),
};
