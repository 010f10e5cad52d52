// The only module that knows Tauri and the generated contract. Turns results into values or a typed `CommandFailed`,
// and channels into plain callbacks, so that nothing else in the window depends on either.
import { Channel } from "@tauri-apps/api/core";
import { commands, type ErrorCode, type CommandError } from "../generated/bindings";
import type {
  AppEvent,
  ExportFormat,
  Field,
  HubWanted,
  ImportMapping,
  ImportSource,
  LocaleChoice,
  ModelProgress,
  Progress,
  UseCaseInput,
} from "../generated/bindings";
import { levelCommands, type ItemView } from "./levels";

export type * from "../generated/bindings";
// Where both name a type, the wider one of levels.ts is meant.
export type {
  AuditRow,
  AuditState,
  AuditsView,
  CalibrateOffer,
  Cause,
  ConfidenceView,
  Correction,
  CurvePoint,
  Decided,
  DecisionInput,
  EvidenceFigures,
  Fault,
  Forecast,
  Found,
  GoldFigures,
  ItemView,
  LeftOut,
  LevelMove,
  MoveReport,
  NotCounted,
  Notice,
  NoticeKind,
  OpenAudit,
  OutSince,
  Overview,
  QueuePage,
  QueueQuery,
  QueueRow,
  QueueTab,
  ReliabilityBin,
  Replay,
  ReplayItem,
  ReplayPolicy,
  ReviewersView,
  RiskPoint,
  Rung,
  RungState,
  Signals,
  SignalWord,
  SimulatedPolicy,
  SimulatedWorld,
  SliceAcceptance,
  SliceEvidence,
  StepEvidence,
  ThresholdBy,
  VersionAcceptance,
} from "./levels";
export type { Measured as MeasuredNow } from "./levels";

/** The languages of the window. The settings may also say "system". */
export type Locale = Exclude<LocaleChoice, "system">;

export class CommandFailed extends Error {
  readonly code: ErrorCode;
  constructor(error: CommandError) {
    super(error.message);
    this.code = error.code;
  }
}

/** The failure as the window shows it; whatever was thrown that is not ours counts as internal. */
export function failure(e: unknown): CommandFailed {
  if (e instanceof CommandFailed) return e;
  return new CommandFailed({ code: "internal", message: e instanceof Error ? e.message : String(e) });
}

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: CommandError };

async function unwrap<T>(pending: Promise<Answer<T>>): Promise<T> {
  const result = await pending;
  if (result.status === "ok") return result.data;
  throw new CommandFailed(result.error);
}

/** The commands of levels.ts throw what the shell says; here it becomes a `CommandFailed` as everywhere. */
function wrapped<C extends Record<string, (...a: never[]) => Promise<unknown>>>(commands: C): C {
  const said = (e: unknown) => {
    if (typeof e === "object" && e !== null && "code" in e) throw new CommandFailed(e as CommandError);
    throw e;
  };
  const wrap =
    (run: (...a: never[]) => Promise<unknown>) =>
    (...a: never[]) =>
      run(...a).catch(said);
  return Object.fromEntries(Object.entries(commands).map(([name, run]) => [name, wrap(run)])) as C;
}

function channel<T>(listen: (event: T) => void): Channel<T> {
  const c = new Channel<T>();
  c.onmessage = listen;
  return c;
}

type Args<K extends keyof typeof commands> = Parameters<(typeof commands)[K]>;

export const api = {
  appStatus: () => unwrap(commands.appStatus()),
  subscribe: (on: (event: AppEvent) => void) => unwrap(commands.subscribe(channel(on))),
  settingsSave: (...a: Args<"settingsSave">) => unwrap(commands.settingsSave(...a)),
  sampleInstall: () => unwrap(commands.sampleInstall()),
  pickPath: (...a: Args<"pickPath">) => unwrap(commands.pickPath(...a)),
  draftingPause: (...a: Args<"draftingPause">) => unwrap(commands.draftingPause(...a)),
  jobCancel: (...a: Args<"jobCancel">) => unwrap(commands.jobCancel(...a)),
  personActive: () => unwrap(commands.personActive()),

  useCaseList: () => unwrap(commands.useCaseList()),
  useCaseSave: (...a: Args<"useCaseSave">) => unwrap(commands.useCaseSave(...a)),
  useCaseTry: (input: UseCaseInput, fields: Field[], token: string, on: (text: string) => void) =>
    unwrap(commands.useCaseTry(input, fields, token, channel(on))),

  itemHeartbeat: (...a: Args<"itemHeartbeat">) => unwrap(commands.itemHeartbeat(...a)),
  itemRelease: (...a: Args<"itemRelease">) => unwrap(commands.itemRelease(...a)),
  itemAutosave: (...a: Args<"itemAutosave">) => unwrap(commands.itemAutosave(...a)),
  itemSkip: (...a: Args<"itemSkip">) => unwrap(commands.itemSkip(...a)),
  itemEscalate: (...a: Args<"itemEscalate">) => unwrap(commands.itemEscalate(...a)),
  itemRegenerate: (item: number, epoch: number, hint: string | null, token: string, on: (text: string) => void) =>
    // What comes back is a whole view, with what levels.ts adds to it.
    unwrap(commands.itemRegenerate(item, epoch, hint, token, channel(on))) as Promise<ItemView>,
  itemsRetry: (...a: Args<"itemsRetry">) => unwrap(commands.itemsRetry(...a)),

  charterView: (...a: Args<"charterView">) => unwrap(commands.charterView(...a)),
  charterSave: (...a: Args<"charterSave">) => unwrap(commands.charterSave(...a)),
  holdRulesView: (...a: Args<"holdRulesView">) => unwrap(commands.holdRulesView(...a)),
  holdRulesSave: (...a: Args<"holdRulesSave">) => unwrap(commands.holdRulesSave(...a)),
  switchesView: (...a: Args<"switchesView">) => unwrap(commands.switchesView(...a)),
  streamPause: (...a: Args<"streamPause">) => unwrap(commands.streamPause(...a)),
  streamResume: (...a: Args<"streamResume">) => unwrap(commands.streamResume(...a)),
  capSet: (...a: Args<"capSet">) => unwrap(commands.capSet(...a)),
  epochList: (...a: Args<"epochList">) => unwrap(commands.epochList(...a)),

  importPreview: (...a: Args<"importPreview">) => unwrap(commands.importPreview(...a)),
  importRun: (
    useCase: number,
    source: ImportSource,
    mapping: ImportMapping,
    token: string,
    on: (p: Progress) => void,
  ) => unwrap(commands.importRun(useCase, source, mapping, token, channel(on))),
  exportRun: (useCase: number, format: ExportFormat, path: string, token: string, on: (p: Progress) => void) =>
    unwrap(commands.exportRun(useCase, format, path, token, channel(on))),
  exportPreview: (...a: Args<"exportPreview">) => unwrap(commands.exportPreview(...a)),

  modelList: () => unwrap(commands.modelList()),
  modelInspect: (...a: Args<"modelInspect">) => unwrap(commands.modelInspect(...a)),
  modelImport: (...a: Args<"modelImport">) => unwrap(commands.modelImport(...a)),
  modelRemove: (...a: Args<"modelRemove">) => unwrap(commands.modelRemove(...a)),
  modelVerify: (model: number, token: string, on: (p: ModelProgress) => void) =>
    unwrap(commands.modelVerify(model, token, channel(on))),
  modelMeasure: (model: number, token: string, on: (p: ModelProgress) => void) =>
    unwrap(commands.modelMeasure(model, token, channel(on))),
  hubDownload: (wanted: HubWanted, token: string, on: (p: ModelProgress) => void) =>
    unwrap(commands.hubDownload(wanted, token, channel(on))),
  hubUnfinished: () => unwrap(commands.hubUnfinished()),
  hubDiscard: (...a: Args<"hubDiscard">) => unwrap(commands.hubDiscard(...a)),

  activityPage: (...a: Args<"activityPage">) => unwrap(commands.activityPage(...a)),

  ...wrapped(levelCommands),
};

/** What the window needs of the shell. Tests pass their own. */
export type Api = typeof api;

/** A name for one stream or job, with which it can be cancelled. */
export function newToken(): string {
  return crypto.randomUUID();
}
