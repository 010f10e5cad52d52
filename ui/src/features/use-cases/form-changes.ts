// What in the form of a use case the evidence rests on: what drafts, and what decides who sees the draft. Pure.
import type { UseCaseInput } from "../../api";

const RESTS_ON = {
  prompt: (i: UseCaseInput) => [i.systemPrompt, i.template],
  model: (i: UseCaseInput) => [i.model],
  sampling: (i: UseCaseInput) => Object.values(i.sampling),
  output: (i: UseCaseInput) => [i.output],
  threshold: (i: UseCaseInput) => [i.threshold],
  checkShare: (i: UseCaseInput) => [i.checkShare],
};
export type FormPart = keyof typeof RESTS_ON;
const PARTS: FormPart[] = ["prompt", "model", "sampling", "output", "threshold", "checkShare"];

/** The changes with which evidence begins anew; empty where it goes on. */
export function formBeginsAnewBy(from: UseCaseInput, to: UseCaseInput): FormPart[] {
  return PARTS.filter((p) => JSON.stringify(RESTS_ON[p](from)) !== JSON.stringify(RESTS_ON[p](to)));
}
