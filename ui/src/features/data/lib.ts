// Import and export without DOM: the role of each column, and what is still missing. Pure.
import type { ExportFormat, ImportFormat, ImportMapping } from "../../api";

export const ROLES = ["id", "audience", "slice", "priority"] as const;
export type Role = (typeof ROLES)[number];

/** The column for a role, and out of the fields when it is only an id. */
export function withRole(mapping: ImportMapping, role: Role, column: string | null): ImportMapping {
  return { ...mapping, [role]: column };
}

/** Adds or removes a field; the order is that of the columns. */
export function withField(mapping: ImportMapping, column: string, on: boolean, columns: string[]): ImportMapping {
  const chosen = new Set(mapping.fields);
  if (on) chosen.add(column);
  else chosen.delete(column);
  return { ...mapping, fields: columns.filter((c) => chosen.has(c)) };
}

/** Format by the file's ending; null lets the shell look inside. */
/** What can stand between the cells of a CSV file. */
export const SEPARATORS = [",", ";", "|", "\t"];

export function formatOf(path: string): ImportFormat | null {
  const p = path.toLowerCase();
  if (p.endsWith(".jsonl") || p.endsWith(".ndjson")) return "jsonl";
  return p.endsWith(".csv") || p.endsWith(".tsv") ? "csv" : null;
}

/** A name for the export beside other data of the person. */
export function suggestPath(folder: string, useCase: string, format: ExportFormat): string {
  const slug =
    useCase
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "") || "gait";
  const separator = folder.includes("\\") ? "\\" : "/";
  return `${folder.replace(/[\\/]$/, "")}${separator}exports${separator}${slug}-${format}.jsonl`;
}
