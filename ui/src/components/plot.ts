// The looks of a chart's lines, read from the tokens when drawn. Never colour alone: each look has a stroke of its own.
import type uPlot from "uplot";

export type Look = "main" | "step" | "points" | "quiet" | "dashed" | "dotted";
export type Line = { label: string; values: (number | null)[]; look: Look };

export type Theme = { color: (token: string) => string; font: string };

export function theme(): Theme {
  const css = getComputedStyle(document.documentElement);
  return {
    color: (token) => css.getPropertyValue(token).trim(),
    font: `12px ${css.getPropertyValue("--font")}`,
  };
}

export function stroke(look: Look, { color }: Theme): Partial<uPlot.Series> {
  const none = { points: { show: false } };
  switch (look) {
    case "main":
    case "step":
      return { stroke: color("--accent"), width: 2, ...none };
    case "points": {
      const points = { show: true, size: 7, fill: color("--surface"), stroke: color("--accent"), width: 2 };
      return { stroke: color("--accent"), width: 1.5, points };
    }
    case "quiet":
      return { stroke: color("--edge"), width: 1.5, ...none };
    case "dashed":
      return { stroke: color("--ink-2"), width: 1.5, dash: [6, 4], ...none };
    case "dotted":
      return { stroke: color("--ink-2"), width: 1.5, dash: [2, 3], ...none };
  }
}

/** A round figure a little over `x`, so that an axis ends on a number one can read. */
export function roundUp(x: number): number {
  if (!(x > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(x));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((m) => m * unit >= x * 0.9999) ?? 10;
  return step * unit;
}

/** The position of the known one that is nearest to `x`; -1 where there is none. */
export function nearest(xs: readonly number[], x: number): number {
  let best = -1;
  xs.forEach((v, i) => {
    if (best < 0 || Math.abs(v - x) < Math.abs((xs[best] ?? 0) - x)) best = i;
  });
  return best;
}
