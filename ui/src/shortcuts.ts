// Keys. Layers of actions, each with the keys that start it; the newest layer wins. Invariants: a single letter never fires
// while text is being typed or composed, never with AltGr, never while a dialog is open, and never twice while the
// same action is still in flight.

export type Action = {
  id: string;
  /** In the words of the palette and the key sheet. */
  label: string;
  keys: readonly string[];
  /** May a text field have the focus? Only for chords that no editor uses. */
  inText?: boolean;
  /** Held keys repeat only where that is harmless (moving). */
  repeat?: boolean;
  enabled?: () => boolean;
  /** Left out of the palette (the palette itself, say). */
  hidden?: boolean;
  run: () => unknown;
};
export type Layer = { name: () => string; actions: () => Action[] };

export type KeyEvent = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode" | "repeat"
> & { getModifierState?: (key: string) => boolean };

/** Composition (Korean!) and AltGr characters belong to the text, not to us. */
export function belongsToText(e: KeyEvent): boolean {
  if (e.isComposing || e.keyCode === 229 || e.key === "Process" || e.key === "Dead") return true;
  if (e.getModifierState?.("AltGraph")) return true;
  return e.ctrlKey && e.altKey;
}

/** The letter meant by a key when the Korean layout is on and no field has the focus: ㅁ sits on A. */
export function letter(e: KeyEvent): string {
  if (e.key.length === 1 && e.key.charCodeAt(0) > 0x7f && e.code.startsWith("Key"))
    return e.code.slice(3).toLowerCase();
  return e.key.length === 1 ? e.key.toLowerCase() : e.key;
}

/** "a", "Shift+r", "Ctrl+Enter", "?". Ctrl is also ⌘. For signs that need Shift (`?`) the Shift key is not looked at. */
export function matches(e: KeyEvent, key: string): boolean {
  // "Ctrl++" is the sign itself.
  const parts = key.endsWith("++") ? [...key.slice(0, -2).split("+"), "+"] : key.split("+");
  const name = parts.pop() ?? "";
  const ctrl = parts.includes("Ctrl");
  if (ctrl !== (e.ctrlKey || e.metaKey) || e.altKey) return false;
  const pressed = letter(e);
  const isSign = name.length === 1 && !/[a-z0-9]/i.test(name);
  if (!isSign && parts.includes("Shift") !== e.shiftKey) return false;
  if (ctrl && /^[0-9]$/.test(name)) return e.key === name || e.code === `Digit${name}`;
  return pressed === (name.length === 1 ? name.toLowerCase() : name);
}

export function isTextField(target: unknown): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

export class Shortcuts {
  #layers: Layer[] = [];
  #inFlight = new Set<string>();

  /** Adds a layer; the returned function takes it away. */
  push(layer: Layer): () => void {
    this.#layers.push(layer);
    return () => {
      this.#layers = this.#layers.filter((l) => l !== layer);
    };
  }

  /** What can be done right now, newest layer first. */
  valid(): { name: string; actions: Action[] }[] {
    return this.#layers
      .map((l) => ({ name: l.name(), actions: l.actions().filter((a) => a.enabled?.() ?? true) }))
      .filter((l) => l.actions.length > 0)
      .reverse();
  }

  /** Runs an action unless it is still running. True when it was started. */
  start(action: Action): boolean {
    if (this.#inFlight.has(action.id) || !(action.enabled?.() ?? true)) return false;
    const result = action.run();
    if (result instanceof Promise) {
      this.#inFlight.add(action.id);
      void result.finally(() => this.#inFlight.delete(action.id));
    }
    return true;
  }

  /** Handles one keydown; true when it was ours. */
  handle(e: KeyEvent, target: unknown, dialogOpen: boolean): boolean {
    if (belongsToText(e) || dialogOpen) return false;
    const typing = isTextField(target);
    for (const layer of [...this.#layers].reverse()) {
      for (const action of layer.actions()) {
        if (typing && !action.inText) continue;
        if (!action.keys.some((k) => matches(e, k))) continue;
        if (!(action.enabled?.() ?? true)) continue;
        // A held or an impatient key is swallowed, so that it reaches nothing else either.
        if (!e.repeat || action.repeat) this.start(action);
        return true;
      }
    }
    return false;
  }
}

export const shortcuts = new Shortcuts();
