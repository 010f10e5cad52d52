// What the shell says in English sentences, read back into what it is about, so that a refusal stands beside its field and
// an epoch says in the window's language why it began. Invariant: words that are not known are shown as they come.

/** A field of the charter, by the name that the form gives it. */
export type CharterField =
  | "why"
  | "what"
  | "who"
  | "distance"
  | "minor"
  | "major"
  | `${"walk" | "run"}-${"epsilon" | "delta"}`
  | "shareAutomated"
  | "volumePerDay"
  | "responseSeconds"
  | "hoursSavedPerMonth"
  | "quality"
  | "ttftMs"
  | "tpotMs"
  | "costPerRequest"
  | "sliceGap"
  | "milestones"
  | `milestone-${number}-${"date" | "what"}`
  | "note";

const FIELDS: Record<string, CharterField> = {
  why: "why",
  "what a bad output costs": "what",
  "who is hurt": "who",
  "edit distance": "distance",
  "weight of a minor edit": "minor",
  "weight of a major edit": "major",
  "ε of walk": "walk-epsilon",
  "δ of walk": "walk-delta",
  "ε of run": "run-epsilon",
  "δ of run": "run-delta",
  "share automated": "shareAutomated",
  "volume per day": "volumePerDay",
  "response time (seconds)": "responseSeconds",
  "hours saved per month": "hoursSavedPerMonth",
  "least quality": "quality",
  "longest ttft (milliseconds)": "ttftMs",
  "longest tpot (milliseconds)": "tpotMs",
  "highest cost per request": "costPerRequest",
  "largest gap between slices": "sliceGap",
  milestones: "milestones",
  note: "note",
};

/** The field of the charter that a refusal is about: "Ε of walk: a number above 0 …" is about ε of walk. */
export function refusedField(message: string): { field: CharterField; words: string } | null {
  const milestone = /^milestone (\d+)(?:: (date))?: (.*)$/is.exec(message);
  if (milestone) {
    const [, n, date, words = ""] = milestone;
    return { field: `milestone-${Number(n) - 1}-${date ? "date" : "what"}`, words };
  }
  const at = message.indexOf(": ");
  const field = at < 0 ? undefined : FIELDS[message.slice(0, at).toLowerCase()];
  return field ? { field, words: message.slice(at + 2) } : null;
}

/** The hold rule, counted from 0, that a refusal is about, and what is said of it. */
export function refusedRule(message: string): { rule: number; words: string } | null {
  const found = /^hold rule (\d+)(?: "(?:[^"\\]|\\.)*")?: (.*)$/is.exec(message);
  return found ? { rule: Number(found[1]) - 1, words: found[2] ?? "" } : null;
}

export type EpochReason =
  | { kind: "created" | "drafter" | "calibrator" | "byLadder" | "byPerson" | "holdRules" | "grades" | "fell" }
  | { kind: "threshold" | "checkShare" | "auditShare" | "goldShare" | "distance"; from: number; to: number }
  | { kind: "epsilon" | "delta"; level: "walk" | "run"; from: number; to: number }
  | { kind: "said"; words: string };

const PLAIN: Record<string, EpochReason> = {
  "the use case was created": { kind: "created" },
  "another drafter version": { kind: "drafter" },
  "another calibrator": { kind: "calibrator" },
  "threshold by person → ladder": { kind: "byLadder" },
  "threshold by ladder → person": { kind: "byPerson" },
  "the level fell": { kind: "fell" },
  "other hold rules": { kind: "holdRules" },
  "other weights of edits": { kind: "grades" },
};
const NUMBERS: Record<string, "threshold" | "checkShare" | "auditShare" | "goldShare" | "distance"> = {
  threshold: "threshold",
  "share to check": "checkShare",
  "share to audit": "auditShare",
  "share of known-bad items": "goldShare",
  "edit distance that is bad": "distance",
};

/** Why an epoch began, part by part. */
export function epochReasons(why: string): EpochReason[] {
  return why.split("; ").map((words): EpochReason => {
    const plain = PLAIN[words];
    if (plain) return plain;
    const change = /^(.+) ([\d.e-]+) → ([\d.e-]+)$/.exec(words);
    const name = change?.[1] ?? "";
    const [from, to] = [Number(change?.[2]), Number(change?.[3])];
    if (!Number.isFinite(from) || !Number.isFinite(to)) return { kind: "said", words };
    const number = NUMBERS[name];
    if (number) return { kind: number, from, to };
    const limit = /^([εδ]) of (walk|run)$/.exec(name);
    if (!limit) return { kind: "said", words };
    return { kind: limit[1] === "ε" ? "epsilon" : "delta", level: limit[2] === "walk" ? "walk" : "run", from, to };
  });
}
