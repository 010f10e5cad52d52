// A draft as the tokens that the model wrote, without DOM. Invariant: the texts of the pieces, joined, are the text of the
// tokens; a character that came in parts is one piece.
import type { DraftToken } from "../../api";

/** How sure the model was of a piece. Each band has its own mark, not only its own shade. */
export const BANDS = ["sure", "likely", "unsure", "guess"] as const;
export type Band = (typeof BANDS)[number];
/** The least probability of each band. */
export const BAND_FROM: Record<Band, number> = { sure: 0.9, likely: 0.6, unsure: 0.3, guess: 0 };

export function band(probability: number): Band {
  return BANDS.find((b) => probability >= BAND_FROM[b]) ?? "guess";
}

/** What stands in the text as one: a token, or the tokens that make up one character. */
export type Piece = {
  text: string;
  /** Its first token and the one after its last. */
  from: number;
  to: number;
  /** Of the whole piece: the product of its tokens'. */
  probability: number;
  band: Band;
};

export function pieces(tokens: readonly DraftToken[]): Piece[] {
  const made: Piece[] = [];
  let from = 0;
  let probability = 1;
  const close = (to: number, text: string) => {
    made.push({ text, from, to, probability, band: band(probability) });
    from = to;
    probability = 1;
  };
  tokens.forEach((token, i) => {
    probability *= token.probability;
    if (token.text !== "") close(i + 1, token.text);
  });
  // A draft that was cut inside a character.
  if (from < tokens.length) close(tokens.length, "");
  return made;
}

export function bandCounts(all: readonly Piece[]): Record<Band, number> {
  const counts: Record<Band, number> = { sure: 0, likely: 0, unsure: 0, guess: 0 };
  for (const piece of all) counts[piece.band] += 1;
  return counts;
}

/** The piece that a token belongs to. */
export function pieceOf(all: readonly Piece[], token: number): number {
  let low = 0;
  let high = all.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.to ?? 0) > token) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The token of a piece that the model was least sure of; the first of several. */
export function weakest(tokens: readonly DraftToken[], piece: Piece): number {
  let at = piece.from;
  for (let i = piece.from + 1; i < piece.to; i += 1)
    if ((tokens[i]?.probability ?? 1) < (tokens[at]?.probability ?? 1)) at = i;
  return at;
}

const isDoubtful = (piece: Piece | undefined) => piece?.band === "unsure" || piece?.band === "guess";

/** Where a key of the view leads from a token; null: it is none of ours. Up and down go to what the model doubted. */
export function step(tokens: readonly DraftToken[], all: readonly Piece[], at: number, key: string): number | null {
  const last = tokens.length - 1;
  const doubtful = (by: 1 | -1): number => {
    for (let i = pieceOf(all, at) + by; i >= 0 && i < all.length; i += by) {
      const piece = all[i];
      if (piece && isDoubtful(piece)) return weakest(tokens, piece);
    }
    return at;
  };
  switch (key) {
    case "ArrowRight":
      return Math.min(last, at + 1);
    case "ArrowLeft":
      return Math.max(0, at - 1);
    case "ArrowDown":
      return doubtful(1);
    case "ArrowUp":
      return doubtful(-1);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}

/** Pieces in the document at a time, so that a long draft stays quick. */
export const PAGE = 1000;

export function pageOf(piece: number): number {
  return Math.floor(piece / PAGE);
}

/** As among how many equally likely tokens the model chose here. */
export function choices(entropy: number): number {
  return Math.exp(entropy);
}

/** `id` is null for what was written though it is not among the most probable. */
export type Weighed = { id: number | null; text: string; probability: number; written: boolean };

/** The tokens that one can branch off to here: what was weighed and not written, each with the digit that chooses it. */
export function branches(token: DraftToken): { id: number; text: string; probability: number; key: string }[] {
  return token.weighed
    .filter((w) => !w.written)
    .map((w, i) => ({ id: w.id, text: w.text, probability: w.probability, key: String(i + 1) }));
}

/** The tokens that were weighed, with the one that was written even when it is not among the most probable. */
export function weighed(token: DraftToken): Weighed[] {
  if (token.weighed.some((w) => w.written)) return token.weighed;
  return [...token.weighed, { id: null, text: token.text, probability: token.probability, written: true }];
}
