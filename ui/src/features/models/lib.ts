// What a model is, needs and does here, in words. Pure.
import type { Dropped, HubSetting, Locale, Measured, Memory, ModelFacts, ModelProgress, Portrait } from "../../api";
import { bytes, count, decimal, millis, parameters } from "../../format";
import type { Dictionary } from "../../i18n/index.svelte";

type Words = Dictionary["models"];

/** The one line under a model's name. */
export function summary(f: ModelFacts, locale: Locale): string {
  return [f.architecture, parameters(f.parameters, locale), f.quantisation, bytes(f.bytes, locale)].join(" · ");
}

export function factRows(f: ModelFacts, t: Words, locale: Locale): [string, string][] {
  return [
    [t.architecture, f.architecture],
    [t.parameters, parameters(f.parameters, locale)],
    [t.quantisation, f.quantisation],
    [t.context, t.tokens(count(f.context, locale))],
    [t.vocabulary, t.tokens(count(f.vocabulary, locale))],
    [t.template, f.chatTemplate === null ? t.templateNo : t.templateYes],
    [t.license, f.license ?? t.licenseNone],
    [t.size, bytes(f.bytes, locale)],
  ];
}

/** Two sentences: what kind of model it is, and how much it can read. */
export function portraitWords(p: Portrait, f: ModelFacts, t: Words, locale: Locale): string {
  const kept = t.precisions[p.precision](decimal(p.bitsPerWeight, locale, 1));
  return `${t.kind(p.family, parameters(f.parameters, locale), t.sizes[p.size], kept)} ${t.pages(p.pages)}`;
}

/** What the licence allows, as far as its name says. `unknown` has no name to show. */
export function licenceWords(p: Portrait, f: ModelFacts, t: Words): string {
  return t.licences[p.licence](f.license ?? "");
}

export function memoryWords(m: Memory, t: Words, locale: Locale): string {
  return t.memory(bytes(m.total, locale));
}

/** How the estimate was made. */
export function memoryReason(m: Memory, t: Words, locale: Locale): string {
  const size = (x: number) => bytes(x, locale);
  const parts = t.memoryParts(size(m.weights), size(m.kv), m.sequences, count(m.tokens, locale), size(m.rest));
  const lengths = m.lengthsKnown ? t.lengthsKnown : t.lengthsUsual;
  return m.shapeKnown ? `${parts} ${lengths}` : `${parts} ${lengths} ${t.shapeGuessed}`;
}

/** Null where it fits, or where the system does not say what is free. */
export function memoryWarning(m: Memory, t: Words, locale: Locale): string | null {
  return m.free !== null && m.total > m.free ? t.memoryTight(bytes(m.free, locale)) : null;
}

/** Drafts a minute, as exact as one needs it. */
export function draftRate(perMinute: number, locale: Locale): string {
  return perMinute < 10 ? decimal(perMinute, locale, 1) : count(Math.round(perMinute), locale);
}

export function measuredWords(m: Measured, t: Words, locale: Locale): string {
  return [
    t.draftsPerMinute(draftRate(m.draftsPerMinute, locale), m.together, count(m.togetherAnswerTokens, locale)),
    t.alone(millis(m.ttftMs, locale), count(m.promptTokens, locale), decimal(m.tokensPerSecond, locale, 1)),
    m.peakBytes === null
      ? t.loaded(millis(m.loadMs, locale))
      : t.loadedWithPeak(millis(m.loadMs, locale), bytes(m.peakBytes, locale)),
  ].join(" ");
}

/** How an amount of a step is written: bytes, or tokens. */
export function amountOf(step: ModelProgress["step"] | null): typeof count {
  return step === "alone" || step === "together" ? count : bytes;
}

/** Why what was dropped is no model; null when it is one. */
export function dropProblem(d: Dropped, t: Words): string | null {
  switch (d.what) {
    case "model":
      return null;
    case "several":
      return t.dropSeveral(d.data);
    case "folder":
      return t.dropFolder;
    case "other":
      return t.dropOther(d.data);
  }
}

/** Whether what was typed can be a name on a hub: owner, repository and a GGUF file, or its page's address. */
export function isHubName(text: string): boolean {
  return /^\s*(https?:\/\/[^/\s]+\/)?[^/\s]+\/[^/]+\/(.+\/)?[^/]+\.gguf(\?.*)?\s*$/i.test(text);
}

export function isSha256(text: string): boolean {
  return /^\s*([0-9a-f]{64})?\s*$/i.test(text);
}

/** The host alone: what a person has to know before anything is asked of it. */
export function hostOf(hub: HubSetting): string {
  return /^https?:\/\/([^/]+)/.exec(hub.address)?.[1] ?? hub.address;
}
