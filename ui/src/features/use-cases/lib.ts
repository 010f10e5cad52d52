// The form of a use case: what to start from, and what must hold before it can be saved. Pure.
import type { RejectReason, UseCase, UseCaseInput } from "../../api";
import { outputProblems } from "./output";

export const TEMPLATES = ["support", "label", "translate", "summary", "blank"] as const;
export type TemplateName = (typeof TEMPLATES)[number];

// Made anew for each form: a list shared between two would carry over what was typed.
const common = (): Omit<UseCaseInput, "name" | "guidelines" | "systemPrompt" | "template" | "reasons"> => ({
  id: null,
  audience: "internal",
  sampling: { temperature: 0.3, topK: 40, topP: 0.95, minP: 0.05, repeatPenalty: 1.1, maxTokens: 256 },
  output: { kind: "text" },
  model: null,
  sinks: [],
  threshold: 0.9,
  checkShare: 0.1,
});
const reasons = (...pairs: [string, string][]): RejectReason[] => pairs.map(([code, label]) => ({ code, label }));

/** The texts of a template are the user's own content from the start, so they are not translated. */
export function fromTemplate(name: TemplateName): UseCaseInput {
  switch (name) {
    case "support":
      return {
        ...common(),
        audience: "external",
        name: "Support replies",
        guidelines:
          "# What a good reply does\n\n- answers **every** question that was asked\n- states only what the policy says; promises nothing else\n- asks for the order number when it is needed and missing\n- is short and kind\n",
        systemPrompt: "You answer customers of a shop. Be brief, kind and exact. If something is missing, ask for it.",
        template: "Customer message:\n{{ message }}\n\nReply:",
        reasons: reasons(
          ["wrong", "Wrong facts"],
          ["missing", "Does not answer the question"],
          ["tone", "Wrong tone"],
          ["policy", "Against the policy"],
          ["language", "Wrong language"],
        ),
      };
    case "label":
      return {
        ...common(),
        name: "Labels",
        guidelines:
          "# Labels\n\nExactly one label for each text. When two fit, take the one that needs action first.\n",
        systemPrompt: "You sort texts. Answer with one label and nothing else.",
        template: "Labels: order, delivery, return, payment, other\n\nText: {{ text }}\n\nLabel:",
        output: { kind: "labels", labels: ["order", "delivery", "return", "payment", "other"] },
        sampling: { ...common().sampling, temperature: 0, maxTokens: 8 },
        reasons: reasons(
          ["wrong", "Wrong label"],
          ["invented", "Not one of the labels"],
          ["unclear", "Text is unclear"],
        ),
      };
    case "translate":
      return {
        ...common(),
        name: "Translation",
        guidelines:
          "# Translation\n\n- keeps names, numbers and units\n- polite form in Korean (해요체)\n- leaves nothing out\n",
        systemPrompt: "You translate between Korean and English. Give only the translation.",
        template: "Translate into {{ target }}:\n\n{{ text }}\n\nTranslation:",
        reasons: reasons(
          ["meaning", "Changes the meaning"],
          ["omission", "Leaves something out"],
          ["register", "Wrong level of politeness"],
          ["names", "Names or numbers changed"],
        ),
      };
    case "summary":
      return {
        ...common(),
        name: "Summaries",
        guidelines: "# Summaries\n\nThree sentences at most. Nothing that is not in the text.\n",
        systemPrompt: "You summarise texts in at most three sentences.",
        template: "{{ text }}\n\nSummary:",
        reasons: reasons(["invented", "Says what is not there"], ["missing", "Misses the point"], ["long", "Too long"]),
      };
    case "blank":
      return { ...common(), name: "", guidelines: "", systemPrompt: "", template: "", reasons: [] };
  }
}

/** The part of a use case that the form edits. */
export function toInput(u: UseCase): UseCaseInput {
  return {
    id: u.id,
    name: u.name,
    guidelines: u.guidelines,
    systemPrompt: u.systemPrompt,
    template: u.template,
    audience: u.audience,
    sampling: { ...u.sampling },
    output: structuredClone(u.output),
    model: u.model,
    reasons: u.reasons.map((r) => ({ ...r })),
    sinks: u.sinks.map((s) => ({ ...s })),
    threshold: u.threshold,
    checkShare: u.checkShare,
  };
}

/** The fields of a request that a prompt template reads: `{{ message | trim }}` reads `message`. */
export function fieldsOf(template: string): string[] {
  const names = new Set<string>();
  for (const m of template.matchAll(/\{\{-?\s*([\p{L}_][\p{L}\p{N}_]*)/gu)) if (m[1]) names.add(m[1]);
  for (const m of template.matchAll(/\{%-?\s*(?:if|elif)\s+(?:not\s+)?([\p{L}_][\p{L}\p{N}_]*)/gu))
    if (m[1]) names.add(m[1]);
  return [...names].filter((n) => !["loop", "true", "false", "none"].includes(n));
}

export type Problem =
  | { kind: "required" | "number" | "noField" | "path" }
  | { kind: "range" | "labelCount"; lo: number; hi: number }
  | { kind: "labelTwice"; label: string }
  | { kind: "labelLong"; label: string; most: number }
  | { kind: "json"; line: number };
export type Problems = Partial<Record<string, Problem>>;

const RANGES: [string, (i: UseCaseInput) => number | null, number, number][] = [
  ["threshold", (i) => i.threshold, 0, 1],
  ["checkShare", (i) => i.checkShare, 0.01, 1],
  ["temperature", (i) => i.sampling.temperature, 0, 5],
  ["topK", (i) => i.sampling.topK, 0, 1000],
  ["topP", (i) => i.sampling.topP, 0, 1],
  ["minP", (i) => i.sampling.minP, 0, 1],
  ["repeatPenalty", (i) => i.sampling.repeatPenalty, 0.5, 2],
  ["maxTokens", (i) => i.sampling.maxTokens, 1, 8192],
];

/** What keeps the form from being saved, by field. Empty: nothing. */
export function problemsOf(input: UseCaseInput): Problems {
  const problems: Problems = {};
  if (!input.name.trim()) problems["name"] = { kind: "required" };
  if (!input.template.trim()) problems["template"] = { kind: "required" };
  else if (fieldsOf(input.template).length === 0) problems["template"] = { kind: "noField" };
  for (const [name, value, lo, hi] of RANGES) {
    const v = value(input);
    if (v === null || !Number.isFinite(v)) problems[name] = { kind: "number" };
    else if (v < lo || v > hi) problems[name] = { kind: "range", lo, hi };
  }
  input.reasons.forEach((r, i) => {
    if (!r.label.trim()) problems[`reason-${i}`] = { kind: "required" };
  });
  input.sinks.forEach((s, i) => {
    if (!s.path.trim()) problems[`sink-${i}`] = { kind: "path" };
  });
  return { ...problems, ...outputProblems(input.output) };
}

/** A code for a new reason that no other has; codes stay when labels change. */
export function newReasonCode(existing: RejectReason[]): string {
  for (let i = existing.length + 1; ; i += 1) {
    const code = `reason_${i}`;
    if (!existing.some((r) => r.code === code)) return code;
  }
}
