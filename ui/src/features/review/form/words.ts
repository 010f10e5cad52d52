// Faults of a JSON output in the window's language. Pure: the dictionary comes in.
import type { Dictionary } from "../../../i18n/index.svelte";
import type { Fault } from "./schema";

type Words = Dictionary["form"];

function between(least: string | number | null, most: string | number | null, t: Words): string {
  if (least !== null && most !== null) return t.between(String(least), String(most));
  return least !== null ? t.atLeast(String(least)) : t.atMost(String(most));
}

export function faultWords(f: Fault, t: Words): string {
  switch (f.kind) {
    case "type":
      return t.faults.type(f.types.map((x) => t.types[x]).join(t.or));
    case "missing":
    case "extra":
      return t.faults[f.kind](f.name);
    case "items":
    case "length":
    case "range":
      return t.faults[f.kind](between(f.least, f.most, t));
    case "enum":
    case "const":
    case "any":
    case "never":
      return t.faults[f.kind];
  }
}
