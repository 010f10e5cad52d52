// How large the window shows what is in it: steps as in a browser, kept on this machine. Invariant: a size that the shell
// refused is not kept.
import { app } from "../app.svelte";
import { i18n } from "../i18n/index.svelte";
import type { Action } from "../shortcuts";

export const STEPS = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300] as const;
const KEPT = "gait-zoom";

/** The next step up or down from a size; at an end it stays. */
export function nextStep(now: number, by: 1 | -1): number {
  const over = by === 1 ? STEPS.find((s) => s > now) : STEPS.findLast((s) => s < now);
  return over ?? now;
}

function kept(): number {
  const text = localStorage.getItem(KEPT);
  const percent = Number(text);
  return text !== null && STEPS.some((s) => s === percent) ? percent : 100;
}

async function zoomTo(percent: number): Promise<void> {
  try {
    await app.api.windowZoom(percent);
    localStorage.setItem(KEPT, String(percent));
    app.say(i18n.t.comfort.zoom.now(percent));
  } catch (e) {
    app.problem(e);
  }
}

/** Shows the window in the size that it had the last time. */
export async function zoomAsBefore(): Promise<void> {
  const percent = kept();
  if (percent !== 100) await app.api.windowZoom(percent).catch((e: unknown) => app.problem(e));
}

export function zoomActions(): Action[] {
  const t = i18n.t.comfort.zoom;
  const to = (id: string, label: string, keys: string[], percent: () => number): Action => ({
    id,
    label,
    keys,
    inText: true,
    run: () => zoomTo(percent()),
  });
  return [
    // With Shift the key of + says =.
    to("zoom-in", t.larger, ["Ctrl++", "Ctrl+="], () => nextStep(kept(), 1)),
    to("zoom-out", t.smaller, ["Ctrl+-"], () => nextStep(kept(), -1)),
    to("zoom-reset", t.reset, ["Ctrl+0"], () => 100),
  ];
}
