// Problems, differences and reasons in the window's language. Pure: the dictionary comes in.
import type { Locale } from "../../api";
import { count, share } from "../../format";
import type { Dictionary } from "../../i18n/index.svelte";
import type { CharterProblem, Difference } from "./charter";
import type { RuleProblem } from "./hold-rules";
import type { Problem } from "./lib";
import type { EpochReason } from "./shell-words";

export function charterProblem(p: CharterProblem | undefined, t: Dictionary, l: Locale): string | undefined {
  if (!p) return undefined;
  const words = t.charter.problems;
  switch (p.kind) {
    case "range": {
      const shown = p.share ? share : count;
      return words.range(shown(p.lo, l), shown(p.hi, l));
    }
    case "risk":
      return words.risk(share(p.most, l));
    case "walk":
      return words.walk(share(p.most, l));
    case "many":
      return words.many(p.most);
    case "said":
      return p.words;
    case "number":
    case "required":
    case "date":
    case "long":
    case "aboveZero":
      return words[p.kind];
  }
}

export function problemWords(p: Problem, t: Dictionary): string {
  switch (p.kind) {
    case "range":
      return t.useCases.problems.range(p.lo, p.hi);
    case "labelCount":
      return t.output.problems.count(p.lo, p.hi);
    case "labelTwice":
      return t.output.problems.twice(p.label);
    case "labelLong":
      return t.output.problems.long(p.label, p.most);
    case "json":
      return t.output.problems.json(p.line);
    case "required":
    case "number":
    case "noField":
    case "path":
      return t.useCases.problems[p.kind];
  }
}

export function ruleProblem(p: RuleProblem | undefined, t: Dictionary): string | undefined {
  if (!p) return undefined;
  const words = t.holdRules.problems;
  switch (p.kind) {
    case "long":
    case "many":
      return words[p.kind](p.most);
    case "required":
    case "taken":
    case "json":
    case "bound":
    case "order":
    case "whole":
      return words[p.kind];
  }
}

/** A choice by its word: "high" → "High". */
function choice(d: Difference, x: Difference["from"], t: Dictionary): string {
  const c = t.charter;
  const all: Partial<Record<Difference["name"], Record<string, string[] | undefined>>> = {
    cost: c.costs,
    part: c.parts,
    initiative: c.initiatives,
    behaviour: c.behaviours,
    audience: c.audiences,
    reversible: { true: c.reversibles.yes, false: c.reversibles.no },
    grading: { true: c.bads.graded, false: c.bads.binary },
  };
  return all[d.name]?.[String(x)]?.[0] ?? String(x);
}

/** One difference between two charters: "ε of Run 1 % → 0.5 %". */
export function difference(d: Difference, t: Dictionary, l: Locale): string {
  const name = t.charter.names[d.name];
  const number = (x: Difference["from"]) => {
    if (typeof x !== "number") return t.charter.none;
    return d.as === "share" ? share(x, l) : count(x, l);
  };
  switch (d.as) {
    case "text":
      return t.charter.reworded(name);
    case "choice":
      return t.charter.changed(name, choice(d, d.from, t), choice(d, d.to, t));
    case "share":
    case "number":
      return t.charter.changed(name, number(d.from), number(d.to));
  }
}

export function epochReason(r: EpochReason, t: Dictionary, l: Locale): string {
  const words = t.epochs.reasons;
  switch (r.kind) {
    case "created":
    case "drafter":
    case "calibrator":
    case "byLadder":
    case "byPerson":
    case "fell":
    case "holdRules":
    case "grades":
      return words[r.kind];
    case "threshold":
    case "checkShare":
    case "auditShare":
    case "goldShare":
    case "distance":
      return words[r.kind](share(r.from, l), share(r.to, l));
    case "epsilon":
    case "delta":
      return words[r.kind](t.levels[r.level], share(r.from, l), share(r.to, l));
    case "said":
      return r.words;
  }
}

/** A language by its name in the language of the window; by the name that came with it where the system knows none. */
export function languageName(code: string, given: string | undefined, l: Locale): string {
  const known = new Intl.DisplayNames([l], { type: "language", fallback: "none" }).of(code);
  return known ?? given ?? code;
}
