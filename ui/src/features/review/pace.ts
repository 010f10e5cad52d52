// When to say a kind word about pace. Pure: times come in. Invariant: each word is said once, and not at all when it is
// switched off; nothing of it is sent anywhere.

/** What evidence takes for reading, characters a second; the shell judges by the same number. */
export const CHARACTERS_PER_SECOND = 40;
/** Of so many decisions in a row, more than so many were faster than reading takes. */
const LOOKED_AT = 10;
const TOO_MANY = 6;
/** Work without a break of this length for this long. */
const BREAK_MS = 5 * 60_000;
const LONG_MS = 60 * 60_000;

export type Word = "fast" | "long";

export class Pace {
  #recent: boolean[] = [];
  #begun: number | null = null;
  #last = 0;
  #said = new Set<Word>();

  /** A decision: how long the item was in view (ms), and how many characters there were to read. */
  decided(now: number, viewedMs: number, characters: number): Word | null {
    if (this.#begun === null || now - this.#last > BREAK_MS || now < this.#last) this.#begun = now;
    this.#last = now;
    this.#recent = [...this.#recent, viewedMs < (characters * 1000) / CHARACTERS_PER_SECOND].slice(-LOOKED_AT);
    if (this.#recent.length === LOOKED_AT && this.#recent.filter(Boolean).length > TOO_MANY) {
      const word = this.#once("fast");
      if (word) return word;
    }
    return now - this.#begun >= LONG_MS ? this.#once("long") : null;
  }

  #once(word: Word): Word | null {
    if (this.#said.has(word)) return null;
    this.#said.add(word);
    return word;
  }
}

/** One for the whole window: a change of page does not begin anew. */
export const pace = new Pace();
