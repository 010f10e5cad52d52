// Datasets without DOM: where a form begins, what of it is wrong, days and names. Pure.
import {
  cleanedRecipe,
  type DatasetFormat,
  type DatasetNote,
  type DatasetRecipe,
  type DatasetVersion,
} from "../../api";
import type { Dictionary } from "../../i18n/index.svelte";

export const FORMATS: DatasetFormat[] = [
  "sft",
  "prompt_completion",
  "dpo_chat",
  "dpo",
  "kto",
  "openai_chat",
  "openai_preference",
  "alpaca",
  "sharegpt",
  "sharegpt_preference",
  "sharegpt_kto",
  "sft_parquet",
  "dpo_parquet",
  "csv",
];
export const STEPS = [
  "empty",
  "personal",
  "harmful",
  "exactDuplicates",
  "nearDuplicates",
  "contradictions",
  "disagreement",
] as const;
export const SIDES = ["train", "validation", "test"] as const;

/** The newest version's recipe, so that a use case keeps to what it has; else all cleaning, what its model cannot read among it. */
export function firstRecipe(
  newest: DatasetVersion | undefined,
  language: string,
  context: number | null,
): DatasetRecipe {
  return newest ? { ...newest.recipe } : { ...cleanedRecipe(language), mostTokens: context };
}

/** In or out of a list. */
export function toggled<T>(list: T[], value: T, on: boolean): T[] {
  return on ? [...list.filter((x) => x !== value), value] : list.filter((x) => x !== value);
}

/** "2026-01-31" as the first moment of that day, or of the next one, where the person is. */
export function dayStart(day: string, after = 0): number | null {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return null;
  return new Date(year, month - 1, date + after).getTime();
}

/** The way back, for a field. */
export function dayOf(at: number | null, after = 0): string {
  if (at === null) return "";
  const d = new Date(at);
  const day = new Date(d.getFullYear(), d.getMonth(), d.getDate() - after);
  const two = (x: number) => String(x).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** Words between commas. */
export function words(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word, i, all) => word && all.indexOf(word) === i);
}

export type Wrong = "formats" | "similarity" | "split" | "folder" | null;
/** What keeps a version from being made. */
export function wrong(recipe: DatasetRecipe, folder: string): Wrong {
  if (recipe.formats.length === 0) return "formats";
  if (recipe.nearDuplicates && !(recipe.nearSimilarity > 0 && recipe.nearSimilarity <= 1)) return "similarity";
  const shares = [recipe.validation, recipe.test];
  if (shares.some((x) => !(x >= 0 && x < 1)) || recipe.validation + recipe.test >= 1) return "split";
  return folder.trim() ? null : "folder";
}

/** A folder of its own for a version, under the one that a person named. */
export function versionFolder(parent: string, useCase: string, version: number | string): string {
  const slug =
    useCase
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") || "gait";
  const separator = parent.includes("\\") ? "\\" : "/";
  return `${parent.trim().replace(/[\\/]$/, "")}${separator}${slug}-v${version}`;
}

/** Where datasets lie unless a person says otherwise. */
export function datasetsFolder(dataFolder: string): string {
  const separator = dataFolder.includes("\\") ? "\\" : "/";
  return `${dataFolder.replace(/[\\/]$/, "")}${separator}datasets`;
}

/** A note in the words of this language. One that does not say what it is of, or that is not known here, is told in its own. */
export function noteText(note: DatasetNote, t: Dictionary["datasets"]): string {
  if (!note.about && !["merged_groups", "no_tokens"].includes(note.code)) return note.text;
  const [format = "", side = ""] = note.about.split(" ");
  const known = FORMATS.find((f) => f.replaceAll("_", "-") === format);
  const of = { format: known ? t.formatNames[known][0] : format, side: SIDES.find((s) => s === side) };
  return t.noteWords(note.code, of, note.count) ?? note.text;
}
