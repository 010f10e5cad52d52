// Goes to a part of the page: to the eye and for the keyboard.
const UNDER_JUMP_BAR = 56;

export function jumpTo(part: string): void {
  const to = document.getElementById(`part-${part}`);
  const page = to?.closest<HTMLElement>(".page");
  if (!to || !page) return;
  // Only the page scrolls, never the window around it.
  page.scrollTop += to.getBoundingClientRect().top - page.getBoundingClientRect().top - UNDER_JUMP_BAR;
  const title = to.querySelector<HTMLElement>("h2");
  title?.setAttribute("tabindex", "-1");
  title?.focus({ preventScroll: true });
}
