// What a model file is, in words. Pure.
import type { Locale, ModelFacts } from "../../api";
import { bytes, count, parameters } from "../../format";
import type { Dictionary } from "../../i18n/index.svelte";

/** The one line under a model's name. */
export function summary(f: ModelFacts, locale: Locale): string {
  return [f.architecture, parameters(f.parameters, locale), f.quantisation, bytes(f.bytes, locale)].join(" · ");
}

export function factRows(f: ModelFacts, t: Dictionary["models"], locale: Locale): [string, string][] {
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
