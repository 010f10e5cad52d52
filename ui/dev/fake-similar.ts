// Accepted items like another one, for the in-memory backend: by shared words, as far as a look needs it.
import type { ItemView, Similar } from "../src/api";

const wordsOf = (i: ItemView) =>
  new Set(
    i.fields
      .map((f) => f.value.toLowerCase())
      .join(" ")
      .split(/[^\p{L}\p{N}]+/u)
      .filter((w) => w.length > 2),
  );

export function similarTo(item: ItemView, all: Iterable<ItemView>): Similar[] {
  const asked = wordsOf(item);
  const found: Similar[] = [];
  for (const i of all) {
    const { decision } = i;
    if (i.id === item.id || i.useCase !== item.useCase || i.audit || decision?.by !== "person") continue;
    if (decision.verdict === "reject") continue;
    const words = wordsOf(i);
    const shared = [...words].filter((w) => asked.has(w)).length;
    const likeness = shared / Math.max(1, words.size + asked.size - shared);
    if (likeness < 0.08) continue;
    found.push({
      item: i.id,
      uid: i.uid,
      preview: i.fields[0]?.value ?? "",
      text: decision.text ?? i.drafts.at(-1)?.text ?? "",
      verdict: decision.verdict,
      at: decision.at,
      likeness,
    });
  }
  return found.sort((a, b) => b.likeness - a.likeness || b.at - a.at).slice(0, 5);
}
