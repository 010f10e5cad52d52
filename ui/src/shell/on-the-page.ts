// What the page itself offers, for the palette: every button, link, choice and field that can be used now, by its name. So
// nothing that a pointer reaches is out of reach for who knows its name. Invariant: calling it by name does what a click
// (or, for a field, a Tab to it) does, and no two have one name.
import type { Action } from "../shortcuts";

const USABLE = "button, a[href], select, input, textarea, summary, [role=tab]";

function plainText(el: Element): string {
  const copy = el.cloneNode(true) as Element;
  // Keys and numbers beside a word are no part of its name.
  for (const beside of copy.querySelectorAll("kbd, .keys, .n, svg, [aria-hidden=true]")) beside.remove();
  return (copy.textContent ?? "").replace(/\s+/g, " ").trim();
}

/** The name that a screen reader says, as far as this window gives names. */
export function nameOf(el: HTMLElement): string {
  const labelled = el.getAttribute("aria-labelledby");
  const by = labelled ? document.getElementById(labelled) : null;
  if (by) return plainText(by);
  const label = el.getAttribute("aria-label");
  if (label) return label.trim();
  if (el instanceof HTMLInputElement || el instanceof HTMLSelectElement || el instanceof HTMLTextAreaElement) {
    const own = el.labels?.[0];
    const strong = own?.querySelector("strong");
    return own ? plainText(strong ?? own) : (el.getAttribute("placeholder") ?? "");
  }
  return plainText(el) || (el.getAttribute("title") ?? "");
}

/** What an element stands in: the part of the page that tells it from another one of the same name. */
function placeOf(el: HTMLElement): string {
  for (let up = el.parentElement; up; up = up.parentElement) {
    const label = up.getAttribute("aria-label");
    if (label) return label;
    if (!up.matches("section, article, li, tr, fieldset, form, .card")) continue;
    const head = up.querySelector("h1, h2, h3, h4, legend, th, strong");
    if (head && !el.contains(head)) return plainText(head);
  }
  return "";
}

function isUsable(el: HTMLElement): boolean {
  if (el.matches(":disabled, [aria-disabled=true], [type=hidden]")) return false;
  // Rows of a long list are reached by moving, not by name.
  if (el.closest("[role=listitem][aria-setsize], [hidden], [inert], dialog")) return false;
  return typeof el.checkVisibility !== "function" || el.checkVisibility({ visibilityProperty: true });
}

function actionsOf(el: HTMLElement, name: string, id: string): Action[] {
  const plain = (suffix: string, label: string, run: () => void): Action => ({ id: id + suffix, label, keys: [], run });
  if (el instanceof HTMLSelectElement)
    return [...el.options].map((option, i) =>
      plain(`-${i}`, `${name}: ${option.label || option.text}`, () => {
        el.selectedIndex = i;
        el.dispatchEvent(new Event("change", { bubbles: true }));
      }),
    );
  const isField =
    el instanceof HTMLTextAreaElement ||
    (el instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "file"].includes(el.type));
  return [plain("", name, () => (isField ? el.focus() : el.click()))];
}

/** Everything in `root` that can be used now and whose name is not taken already. */
export function onThePage(root: ParentNode, taken: Iterable<string>): Action[] {
  const names = new Set([...taken].map((name) => name.toLocaleLowerCase()));
  const usable = [...root.querySelectorAll<HTMLElement>(USABLE)].filter(isUsable);
  const named = usable.map((el) => ({ el, name: nameOf(el) })).filter(({ name }) => name !== "");
  const often = new Map<string, number>();
  for (const { name } of named) often.set(name, (often.get(name) ?? 0) + 1);
  const all: Action[] = [];
  named.forEach(({ el, name }, i) => {
    const place = (often.get(name) ?? 0) > 1 ? placeOf(el) : "";
    for (const action of actionsOf(el, place ? `${name} · ${place}` : name, `page-${i}`)) {
      const key = action.label.toLocaleLowerCase();
      if (names.has(key)) continue;
      names.add(key);
      all.push(action);
    }
  });
  return all;
}
