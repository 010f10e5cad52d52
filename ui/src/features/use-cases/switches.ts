// What may be typed for the pause and the cap; the bounds are those of the shell, which checks again. Pure.
const MOST_BYTES = 2_000;
const MOST_CAP = 4_294_967_295;

/** Whether this says why a use case is paused. */
export function isReason(why: string): boolean {
  const bytes = new TextEncoder().encode(why.trim()).length;
  return bytes > 0 && bytes <= MOST_BYTES;
}

/** Whether so many may go out alone within an hour; null is no cap, 0 lets nothing out. */
export function isCap(perHour: number | null): boolean {
  return perHour === null || (Number.isInteger(perHour) && perHour >= 0 && perHour <= MOST_CAP);
}
