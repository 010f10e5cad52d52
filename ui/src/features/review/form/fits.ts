// Whether a text has the form that the use case asks of an output. Pure.
// Invariant: says yes exactly where flow does; what it refuses the shell would refuse too.
import type { Output } from "../../../api";
import { parse } from "./json";
import { type Fault, faults, readSchema } from "./schema";

export type Misfit =
  | { kind: "label" }
  | { kind: "json"; line: number; column: number }
  | { kind: "schema"; faults: Fault[] }
  | { kind: "unread" };

/** What is wrong with a text; null where it fits. */
export function misfit(output: Output, text: string): Misfit | null {
  switch (output.kind) {
    case "text":
      return null;
    case "labels":
      return output.labels.includes(text) ? null : { kind: "label" };
    case "json": {
      const schema = readSchema(output.schema);
      if (schema === null) return { kind: "unread" };
      const parsed = parse(text);
      if (!parsed.ok) return { kind: "json", line: parsed.line, column: parsed.column };
      const found = faults(schema, parsed.node);
      return found.length === 0 ? null : { kind: "schema", faults: found };
    }
  }
}

let last: { output: Output; text: string; fits: boolean } | null = null;
/** As `misfit`, for what is asked again and again while nothing changes. */
export function fits(output: Output | undefined, text: string): boolean {
  if (!output || output.kind === "text") return true;
  if (last?.output !== output || last.text !== text) last = { output, text, fits: misfit(output, text) === null };
  return last.fits;
}
