// The formulas of AUTOMATION.md, small and plain, so that what the in-memory backend tells hangs together. Not the program's own.
const BETS = [0.1, 0.3, 0.6];

/** log E after `bad` of `n`, against the rate m. */
export function logE(n: number, bad: number, m: number): number {
  const logs = BETS.map((c) => bad * Math.log(c) + (n - bad) * Math.log((1 - c * m) / (1 - m)));
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0) / BETS.length);
}

/** The rate that is refuted from below: root of log E = needed; 1 if there is none. */
export function upperBound(n: number, bad: number, needed: number): number {
  let [lo, hi] = [1e-9, 1 - 1e-9];
  if (n === 0 || logE(n, bad, hi) < needed) return 1;
  for (let i = 0; i < 50; i += 1) {
    const mid = (lo + hi) / 2;
    if (logE(n, bad, mid) < needed) lo = mid;
    else hi = mid;
  }
  return hi;
}

/** How many clean ones are still needed. */
export function moreClean(n: number, bad: number, m: number, needed: number): number {
  let [lo, hi] = [0, 1];
  if (logE(n, bad, m) >= needed) return 0;
  while (logE(n + hi, bad, m) < needed) hi *= 2;
  while (lo + 1 < hi) {
    const mid = Math.floor((lo + hi) / 2);
    if (logE(n + mid, bad, m) < needed) lo = mid;
    else hi = mid;
  }
  return hi;
}

/** Wilson's 95 % interval. */
export function wilson(hits: number, n: number): [number, number] {
  const z = 1.959964;
  const p = hits / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Mixture Shiryaev–Roberts at 2 ε, 5 ε, 20 ε. */
export function drift(verdicts: boolean[], epsilon: number): number {
  const rates = [2, 5, 20].map((a) => Math.min(a * epsilon, 0.9));
  let r = [0, 0, 0];
  for (const bad of verdicts)
    r = r.map((x, k) => (x + 1) * (bad ? (rates[k] ?? 0) / epsilon : (1 - (rates[k] ?? 0)) / (1 - epsilon)));
  return r.reduce((a, b) => a + b, 0) / r.length;
}

/** Area under the curve with half ties, of confidence against acceptance. */
export function auroc(pairs: { confidence: number; good: boolean }[]): number | null {
  const sorted = [...pairs].sort((a, b) => a.confidence - b.confidence);
  const good = sorted.filter((p) => p.good).length;
  if (good === 0 || good === sorted.length) return null;
  const ranks = sorted.reduce((sum, p, i) => sum + (p.good ? i + 1 : 0), 0);
  return (ranks - (good * (good + 1)) / 2) / (good * (sorted.length - good));
}

/** Ten equal bins: how sure, and how often right. */
export function reliability(pairs: { confidence: number; good: boolean }[]) {
  return Array.from({ length: 10 }, (_, k) => {
    const within = pairs.filter((p) => Math.min(9, Math.floor(p.confidence * 10)) === k);
    const n = within.length;
    return {
      from: k / 10,
      to: (k + 1) / 10,
      n,
      confidence: n ? within.reduce((s, p) => s + p.confidence, 0) / n : 0,
      accepted: n ? within.filter((p) => p.good).length / n : 0,
    };
  });
}

export function brier(pairs: { confidence: number; good: boolean }[]): number | null {
  if (pairs.length === 0) return null;
  return pairs.reduce((s, p) => s + (p.confidence - Number(p.good)) ** 2, 0) / pairs.length;
}

export function ece(bins: ReturnType<typeof reliability>): number | null {
  const n = bins.reduce((s, b) => s + b.n, 0);
  return n ? bins.reduce((s, b) => s + (b.n / n) * Math.abs(b.confidence - b.accepted), 0) : null;
}
