// What was typed and not saved when a page was left, until its use case is opened again. It lasts as long as the window.
import type { Charter } from "../../api";
import type { Row } from "./hold-rules";

/** The version that was being changed, and what it had become. */
export const unsavedCharters = new Map<number, { from: number; charter: Charter; note: string }>();
export const unsavedRules = new Map<number, { from: number; rows: Row[] }>();
