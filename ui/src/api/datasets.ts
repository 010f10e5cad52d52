// What a dataset begins with, beside the contract: the form, and the backend in memory, begin with the same.
import type { DatasetRecipe, DatasetSelection } from "../generated/bindings";

/** Every decision that stands. */
export const everyDecision: DatasetSelection = {
  since: null,
  until: null,
  levels: [],
  slices: [],
  reviewers: [],
  verdicts: [],
  leastEdit: null,
  mostEdit: null,
  agreement: "any",
  drafterVersions: [],
  reasons: [],
  weighted: true,
  comparisons: true,
};

/** All cleaning, a tenth each to validation and test; what the model cannot read is set where the model is known. */
export function cleanedRecipe(language: string): DatasetRecipe {
  return {
    formats: ["sft", "dpo_chat", "kto"],
    empty: true,
    personal: true,
    harmful: true,
    exactDuplicates: true,
    nearDuplicates: true,
    nearSimilarity: 0.7,
    contradictions: true,
    disagreement: true,
    mostTokens: null,
    validation: 0.1,
    test: 0.1,
    groupFields: ["customer", "customer_id", "thread", "thread_id", "conversation", "document"],
    licence: "other",
    description: "",
    creator: "",
    languages: [language],
  };
}
