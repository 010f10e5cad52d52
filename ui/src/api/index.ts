// The only module that knows Tauri and the generated contract. Turns results into values or a typed `CommandFailed`,
// and channels into plain callbacks, so that nothing else in the window depends on either.
import { Channel } from "@tauri-apps/api/core";
import { commands, type ErrorCode, type CommandError } from "../generated/bindings";
import type {
  AppEvent,
  DatasetProgress,
  DatasetRecipe,
  DatasetSelection,
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

export type * from "../generated/bindings";
export * from "./datasets";
/** Every action whose key can be changed, with the key that it comes with. */
export { defaultKeys } from "../generated/bindings";
/** What an import can be told a file is encoded in. */
export { importEncodings } from "../generated/bindings";
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

  queuePage: (...a: Args<"queuePage">) => unwrap(commands.queuePage(...a)),
  deskView: (...a: Args<"deskView">) => unwrap(commands.deskView(...a)),
  deskViewKeep: (...a: Args<"deskViewKeep">) => unwrap(commands.deskViewKeep(...a)),
  itemNext: (...a: Args<"itemNext">) => unwrap(commands.itemNext(...a)),
  itemOpen: (...a: Args<"itemOpen">) => unwrap(commands.itemOpen(...a)),
  itemHeartbeat: (...a: Args<"itemHeartbeat">) => unwrap(commands.itemHeartbeat(...a)),
  itemRelease: (...a: Args<"itemRelease">) => unwrap(commands.itemRelease(...a)),
  itemAutosave: (...a: Args<"itemAutosave">) => unwrap(commands.itemAutosave(...a)),
  itemDecide: (...a: Args<"itemDecide">) => unwrap(commands.itemDecide(...a)),
  itemSkip: (...a: Args<"itemSkip">) => unwrap(commands.itemSkip(...a)),
  itemEscalate: (...a: Args<"itemEscalate">) => unwrap(commands.itemEscalate(...a)),
  itemUndo: (...a: Args<"itemUndo">) => unwrap(commands.itemUndo(...a)),
  itemUndoOn: (...a: Args<"itemUndoOn">) => unwrap(commands.itemUndoOn(...a)),
  itemRedo: (...a: Args<"itemRedo">) => unwrap(commands.itemRedo(...a)),
  acts: (...a: Args<"acts">) => unwrap(commands.acts(...a)),
  bulkLook: (...a: Args<"bulkLook">) => unwrap(commands.bulkLook(...a)),
  bulkDecide: (...a: Args<"bulkDecide">) => unwrap(commands.bulkDecide(...a)),
  comparePair: (...a: Args<"comparePair">) => unwrap(commands.comparePair(...a)),
  compareChoose: (...a: Args<"compareChoose">) => unwrap(commands.compareChoose(...a)),
  itemRegenerate: (item: number, epoch: number, hint: string | null, token: string, on: (text: string) => void) =>
    unwrap(commands.itemRegenerate(item, epoch, hint, token, channel(on))),
  itemBranch: (
    item: number,
    epoch: number,
    draft: number,
    at: number,
    chosen: number,
    token: string,
    on: (text: string) => void,
  ) => unwrap(commands.itemBranch(item, epoch, draft, at, chosen, token, channel(on))),
  draftTokens: (...a: Args<"draftTokens">) => unwrap(commands.draftTokens(...a)),
  itemSimilar: (...a: Args<"itemSimilar">) => unwrap(commands.itemSimilar(...a)),
  itemsRetry: (...a: Args<"itemsRetry">) => unwrap(commands.itemsRetry(...a)),

  overview: (...a: Args<"overview">) => unwrap(commands.overview(...a)),
  levelEvidence: (...a: Args<"levelEvidence">) => unwrap(commands.levelEvidence(...a)),
  levelMove: (...a: Args<"levelMove">) => unwrap(commands.levelMove(...a)),
  moveReport: (...a: Args<"moveReport">) => unwrap(commands.moveReport(...a)),
  moveOutSince: (...a: Args<"moveOutSince">) => unwrap(commands.moveOutSince(...a)),
  reportSave: (...a: Args<"reportSave">) => unwrap(commands.reportSave(...a)),
  reportPrint: () => unwrap(commands.reportPrint()),

  confidenceView: (...a: Args<"confidenceView">) => unwrap(commands.confidenceView(...a)),
  calibrate: (...a: Args<"calibrate">) => unwrap(commands.calibrate(...a)),
  thresholdBySet: (...a: Args<"thresholdBySet">) => unwrap(commands.thresholdBySet(...a)),
  replay: (...a: Args<"replay">) => unwrap(commands.replay(...a)),

  auditsView: (...a: Args<"auditsView">) => unwrap(commands.auditsView(...a)),
  auditSettingsSave: (...a: Args<"auditSettingsSave">) => unwrap(commands.auditSettingsSave(...a)),
  correctionSend: (...a: Args<"correctionSend">) => unwrap(commands.correctionSend(...a)),
  correctionDismiss: (...a: Args<"correctionDismiss">) => unwrap(commands.correctionDismiss(...a)),

  reviewersView: (...a: Args<"reviewersView">) => unwrap(commands.reviewersView(...a)),
  reviewersSettingsSave: (...a: Args<"reviewersSettingsSave">) => unwrap(commands.reviewersSettingsSave(...a)),
  seedItems: (...a: Args<"seedItems">) => unwrap(commands.seedItems(...a)),
  seedFrom: (...a: Args<"seedFrom">) => unwrap(commands.seedFrom(...a)),

  notices: () => unwrap(commands.notices()),
  backupList: () => unwrap(commands.backupList()),
  backupMake: () => unwrap(commands.backupMake()),
  backupLoss: (...a: Args<"backupLoss">) => unwrap(commands.backupLoss(...a)),
  backupRestore: (...a: Args<"backupRestore">) => unwrap(commands.backupRestore(...a)),
  databaseCheck: () => unwrap(commands.databaseCheck()),
  everythingExport: (...a: Args<"everythingExport">) => unwrap(commands.everythingExport(...a)),
  noticeSeen: (...a: Args<"noticeSeen">) => unwrap(commands.noticeSeen(...a)),
  apiView: () => unwrap(commands.apiView()),
  apiSave: (...a: Args<"apiSave">) => unwrap(commands.apiSave(...a)),
  apiTokenCreate: (...a: Args<"apiTokenCreate">) => unwrap(commands.apiTokenCreate(...a)),
  apiTokenRevoke: (...a: Args<"apiTokenRevoke">) => unwrap(commands.apiTokenRevoke(...a)),
  noticeSink: (...a: Args<"noticeSink">) => unwrap(commands.noticeSink(...a)),
  noticeSinkSave: (...a: Args<"noticeSinkSave">) => unwrap(commands.noticeSinkSave(...a)),
  simulate: (...a: Args<"simulate">) => unwrap(commands.simulate(...a)),

  sinksView: (...a: Args<"sinksView">) => unwrap(commands.sinksView(...a)),
  sinkTest: (...a: Args<"sinkTest">) => unwrap(commands.sinkTest(...a)),
  sinkSecret: (...a: Args<"sinkSecret">) => unwrap(commands.sinkSecret(...a)),
  sinkSecretChange: (...a: Args<"sinkSecretChange">) => unwrap(commands.sinkSecretChange(...a)),
  deliveriesRetry: (...a: Args<"deliveriesRetry">) => unwrap(commands.deliveriesRetry(...a)),
  itemDeliveries: (...a: Args<"itemDeliveries">) => unwrap(commands.itemDeliveries(...a)),
  allowedView: () => unwrap(commands.allowedView()),
  allowedSave: (...a: Args<"allowedSave">) => unwrap(commands.allowedSave(...a)),
  foldersView: (...a: Args<"foldersView">) => unwrap(commands.foldersView(...a)),
  folderWatch: (...a: Args<"folderWatch">) => unwrap(commands.folderWatch(...a)),
  folderLeave: (...a: Args<"folderLeave">) => unwrap(commands.folderLeave(...a)),

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

  datasetFacets: (...a: Args<"datasetFacets">) => unwrap(commands.datasetFacets(...a)),
  datasetCount: (...a: Args<"datasetCount">) => unwrap(commands.datasetCount(...a)),
  datasetPreview: (...a: Args<"datasetPreview">) => unwrap(commands.datasetPreview(...a)),
  datasetMake: (
    useCase: number,
    selection: DatasetSelection,
    recipe: DatasetRecipe,
    folder: string,
    token: string,
    on: (p: DatasetProgress) => void,
  ) => unwrap(commands.datasetMake(useCase, selection, recipe, folder, token, channel(on))),
  datasetList: (...a: Args<"datasetList">) => unwrap(commands.datasetList(...a)),
  datasetCompare: (...a: Args<"datasetCompare">) => unwrap(commands.datasetCompare(...a)),
  datasetWriteAgain: (
    useCase: number,
    version: number,
    folder: string,
    token: string,
    on: (p: DatasetProgress) => void,
  ) => unwrap(commands.datasetWriteAgain(useCase, version, folder, token, channel(on))),
  datasetTrace: (...a: Args<"datasetTrace">) => unwrap(commands.datasetTrace(...a)),
  datasetPurge: (...a: Args<"datasetPurge">) => unwrap(commands.datasetPurge(...a)),

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

  windowZoom: (...a: Args<"windowZoom">) => unwrap(commands.windowZoom(...a)),

  activityPage: (...a: Args<"activityPage">) => unwrap(commands.activityPage(...a)),
};

/** What the window needs of the shell. Tests pass their own. */
export type Api = typeof api;

/** A name for one stream or job, with which it can be cancelled. */
export function newToken(): string {
  return crypto.randomUUID();
}
