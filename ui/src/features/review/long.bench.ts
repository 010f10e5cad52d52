// How long a text of 1 MiB takes on the desk. `npx vitest bench`; what came of it is in docs/.
import { bench, describe } from "vitest";
import { random } from "../../../dev/sample";
import { chunks } from "../../components/chunks";
import { findings, marked } from "../../components/marks";
import { diffTexts, folded } from "./diff";
import { isBlank } from "./lib";
import { forField, fromField } from "./lines";

function prose(seed: number, length: number): string {
  const r = random(seed);
  const parts: string[] = [];
  for (let n = 0; n < length; n += parts.at(-1)?.length ?? 1)
    parts.push(`${Math.floor(r() * 1e9).toString(36)}${r() < 0.1 ? ".\n" : " "}`);
  return parts.join("").slice(0, length);
}
const MIB = 1 << 20;
const text = prose(1, MIB);
const at = text.indexOf(" ", MIB / 2) + 1;
const edited = `${text.slice(0, at)}one more word ${text.slice(at)}`;
const scattered = text
  .split("\n")
  .map((l, i) => (i % 500 === 250 ? l.replace(/\S+/, "changed") : l))
  .join("\n");
const crlf = text.replaceAll("\n", "\r\n");
const options = { iterations: 10, warmupIterations: 2, time: 0, warmupTime: 0 };

describe("a text of 1 MiB", () => {
  bench("to its first piece on the screen", () => void chunks(text, 1).map(marked), options);
  bench("hidden characters counted", () => void findings(text), options);
  bench("a key, plain line ends", () => void [fromField(text, edited), edited === text, isBlank(edited)], options);
  bench("a key, CRLF", () => void fromField(crlf, forField(crlf.slice(0, at) + "x" + crlf.slice(at))), options);
  bench("the difference of one edit", () => void folded(diffTexts(text, edited, "en").parts ?? [], new Set()), options);
  bench("the difference of many edits", () => void diffTexts(text, scattered, "en", 60_000), options);
  bench("the difference to another text", () => void diffTexts(text, prose(2, MIB), "en"), options);
});
