// Everything that can be done from anywhere, by name: for the keys, the palette and the key sheet.
import { app, PAGES } from "../app.svelte";
import { i18n } from "../i18n/index.svelte";
import type { Action } from "../shortcuts";

export function pageActions(): Action[] {
  const t = i18n.t;
  return PAGES.map((page, i) => ({
    id: `page-${page}`,
    label: t.shell.goTo(t.pages[page]),
    keys: [`Ctrl+${i + 1}`],
    inText: true,
    run: () => app.goTo(page),
  }));
}

/** Actions without a key of their own; the palette shows them too. */
export function namedActions(): Action[] {
  const t = i18n.t;
  const plain = (id: string, label: string, run: () => unknown): Action => ({ id, label, keys: [], run });
  return [
    plain("import", t.shell.importRequests, () => app.goTo("data", "import")),
    plain("export", t.shell.exportFeedback, () => app.goTo("data", "export")),
    plain("new-use-case", t.shell.newUseCase, () => app.goTo("use-cases", "new-use-case")),
    plain("add-model", t.shell.addModel, () => app.goTo("models", "import-model")),
    plain("raise", t.shell.raiseLevel, () => app.goTo("overview", "raise")),
    plain("simulator", t.simulator.open, () => app.goToOverview("simulator")),
    plain("audits", t.audits.toQueue, () => app.goTo("review", "audits")),
    plain("switches", t.switches.command, () => app.goTo("use-cases", "switches")),
    plain("pause", app.engine.activity === "paused" ? t.engine.resume : t.engine.pause, () => app.togglePause()),
    ...app.useCases
      .filter((u) => u.id !== app.useCaseId)
      .map((u) => plain(`use-case-${u.id}`, t.shell.switchTo(u.name), () => (app.useCaseId = u.id))),
    plain("lang-en", t.shell.useLanguage("English"), () => app.saveSettings({ locale: "en" })),
    plain("lang-ko", t.shell.useLanguage("한국어"), () => app.saveSettings({ locale: "ko" })),
    ...(["system", "light", "dark"] as const).map((theme) =>
      plain(`theme-${theme}`, t.shell.useTheme(t.shell.themes[theme]), () => app.saveSettings({ theme })),
    ),
  ];
}

/** Every word of the query must begin a word of the label or stand within it. */
export function filterActions(actions: Action[], query: string): Action[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return actions.filter((a) => words.every((w) => a.label.toLocaleLowerCase().includes(w)));
}
