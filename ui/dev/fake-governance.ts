// Charter, hold rules, switches and epochs of the in-memory backend. Invariant: it refuses what the shell refuses, with the
// same codes and the same sentences.
import type {
  Charter,
  CharterVersion,
  CharterView,
  CommandError,
  Condition,
  Cost,
  Epoch,
  ErrorCode,
  HistoryKind,
  HoldRule,
  HoldRulesView,
  Limits,
  RiskLimits,
  Switches,
} from "../src/api";
import { NOW } from "./sample";

const DAY = 86_400_000;
type Laid = {
  charters: CharterVersion[];
  rules: { n: number; rules: HoldRule[]; by: string; at: number }[];
  epochs: Epoch[];
  switches: Switches;
};
/** What the rest of the backend lends: who asks, and where events and changes go. */
export type House = {
  who: () => { person: string; role: "admin" | "reviewer" };
  log: (kind: HistoryKind, useCase: number, detail: string | null, at: number) => void;
  changed: () => void;
  drafter: (useCase: number) => number;
  exists: (useCase: number) => boolean;
};

const LANGUAGES = [
  ["eng", "English"],
  ["kor", "Korean"],
  ["deu", "German"],
  ["fra", "French"],
  ["spa", "Spanish"],
  ["jpn", "Japanese"],
  ["cmn", "Mandarin"],
  ["rus", "Russian"],
  ["vie", "Vietnamese"],
  ["ukr", "Ukrainian"],
].map(([code = "", name = ""]) => ({ code, name }));

function refuse(code: ErrorCode, message: string): never {
  // The shell begins each sentence with a capital.
  const error: CommandError = { code, message: message.charAt(0).toUpperCase() + message.slice(1) };
  throw error;
}
const invalid = (field: string, found: string | number, expected: string) =>
  refuse("invalid", `${field}: ${expected} (found ${found})`);

function limitsOf(cost: Cost, reversible: boolean): Limits {
  const all: Record<`${Cost}-${boolean}`, [number, number, number]> = {
    "low-true": [0.05, 0.01, 0.05],
    "low-false": [0.02, 0.005, 0.05],
    "medium-true": [0.02, 0.005, 0.05],
    "medium-false": [0.01, 0.002, 0.02],
    "high-true": [0.01, 0.002, 0.02],
    "high-false": [0.005, 0.001, 0.01],
  };
  const [walk, run, delta] = all[`${cost}-${reversible}`];
  return { walk: { epsilon: walk, delta }, run: { epsilon: run, delta } };
}
const RISKS: RiskLimits[] = (["low", "medium", "high"] as const).flatMap((cost) =>
  [true, false].map((reversible) => ({ cost, reversible, limits: limitsOf(cost, reversible) })),
);

function checkCharter(c: Charter): void {
  const texts: [string, string][] = [
    ["why", c.why],
    ["what a bad output costs", c.risk.what],
    ["who is hurt", c.risk.who],
  ];
  for (const [field, text] of texts) checkText(field, text);
  within("edit distance", c.bad.distance, 0, 1);
  if (c.bad.grades) {
    within("weight of a minor edit", c.bad.grades.minor, 0, 1);
    within("weight of a major edit", c.bad.grades.major, c.bad.grades.minor, 1);
  }
  const most = limitsOf(c.risk.cost, c.risk.reversible);
  const atMost = (field: string, x: number, top: number, why: string) =>
    x > 0 && x <= top ? undefined : invalid(field, x, `a number above 0, at most ${top} (${why})`);
  const why = "the most that the risk allows";
  atMost("ε of walk", c.limits.walk.epsilon, most.walk.epsilon, why);
  atMost("δ of walk", c.limits.walk.delta, most.walk.delta, why);
  atMost("ε of run", c.limits.run.epsilon, most.run.epsilon, why);
  atMost("δ of run", c.limits.run.delta, most.run.delta, why);
  atMost("ε of run", c.limits.run.epsilon, c.limits.walk.epsilon, "that of walk");
  const numbers: [string, number | null, number][] = [
    ["share automated", c.targets.shareAutomated, 1],
    ["volume per day", c.targets.volumePerDay, 1e9],
    ["response time (seconds)", c.targets.responseSeconds, 1e9],
    ["hours saved per month", c.targets.hoursSavedPerMonth, 1e9],
    ["least quality", c.minimum.quality, 1],
    ["longest TTFT (milliseconds)", c.minimum.ttftMs, 1e9],
    ["longest TPOT (milliseconds)", c.minimum.tpotMs, 1e9],
    ["highest cost per request", c.minimum.costPerRequest, 1e9],
    ["largest gap between slices", c.minimum.sliceGap, 1],
  ];
  for (const [field, x, top] of numbers) if (x !== null) within(field, x, 0, top);
  if (c.milestones.length > 50) invalid("milestones", c.milestones.length, "at most 50");
  c.milestones.forEach((m, i) => {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(m.date))
      invalid(`milestone ${i + 1}: date`, JSON.stringify(m.date), "a date such as 2027-03-31");
    if (!m.what.trim()) invalid(`milestone ${i + 1}`, "nothing", "what is to be reached");
    checkText(`milestone ${i + 1}`, m.what);
  });
}
function within(field: string, x: number, from: number, to: number): void {
  if (!(x >= from && x <= to)) invalid(field, x, `a number from ${from} to ${to}`);
}
function checkText(field: string, text: string): void {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > 10_000) invalid(field, `${bytes} bytes`, "at most 10000 bytes");
}

function checkRules(rules: HoldRule[]): void {
  if (rules.length > 50) invalid("hold rules", rules.length, "at most 50");
  rules.forEach((rule, i) => {
    const name = rule.name.trim();
    const size = [...name].length;
    if (size === 0 || size > 100) invalid(`hold rule ${i + 1}: name`, `${size} characters`, "1 to 100 characters");
    if (rules.slice(0, i).some((other) => other.name.trim() === name))
      invalid(`hold rule ${i + 1}: name`, JSON.stringify(name), "a name that no other rule has");
    const bad = wrong(rule.when);
    if (bad) invalid(`hold rule ${i + 1} ${JSON.stringify(name)}: ${bad[0]}`, bad[1], bad[2]);
  });
}
/** The part, what was found there, what is expected. A bracket that is not closed stands for all broken patterns. */
function wrong(when: Condition): [string, string, string] | null {
  switch (when.kind) {
    case "slice":
      return when.slice.trim() ? null : ["slice", "0 bytes", "a name, at most 500 bytes"];
    case "missingField":
      return when.field.trim() ? null : ["field", "0 bytes", "a name, at most 500 bytes"];
    case "keyword":
      return when.words.length ? null : ["words", "0 words", "1 to 200 words"];
    case "pattern": {
      const open = when.pattern.search(/[([](?!.*[)\]])/);
      if (open < 0) return when.pattern ? null : ["pattern", "0 bytes", "a regular expression of 1 to 2000 bytes"];
      const what = when.pattern[open] === "(" ? "unclosed group" : "unclosed character class";
      return ["pattern", `line 1, column ${open + 1}: ${what}`, "a regular expression"];
    }
    case "language":
      return when.only.length ? null : ["languages", "none", "at least one"];
    case "length":
      return when.atLeast === null && when.atMost === null
        ? ["length", "no bound", "a least or a most number of characters"]
        : null;
    case "schemaInvalid":
      return JSON.stringify(when.schema).includes("$ref")
        ? ["schema", "/$ref: this keyword is not checked by Gait", "a JSON Schema of the keywords that Gait checks"]
        : null;
    case "hiddenCharacters":
      return null;
  }
}

function firstCharter(): Charter {
  return {
    why: "",
    risk: { cost: "low", what: "", who: "", reversible: true },
    role: { part: "auxiliary", initiative: "reactive", behaviour: "static" },
    audience: "internal",
    bad: { distance: 0.1, grades: null },
    limits: limitsOf("low", true),
    targets: { shareAutomated: null, volumePerDay: null, responseSeconds: null, hoursSavedPerMonth: null },
    minimum: { quality: null, ttftMs: null, tpotMs: null, costPerRequest: null, sliceGap: null },
    milestones: [],
  };
}
const FIRST_RULE: HoldRule = { name: "hidden characters", when: { kind: "hiddenCharacters", place: "anywhere" } };

export class FakeGovernance {
  #laid = new Map<number, Laid>();
  #house: House;
  constructor(house: House) {
    this.#house = house;
  }

  #of(useCase: number): Laid {
    if (!this.#house.exists(useCase)) refuse("not_found", `there is no use case ${useCase}`);
    let laid = this.#laid.get(useCase);
    if (!laid) {
      const at = NOW - 14 * DAY;
      const by = "Mina Kim";
      laid = {
        charters: [{ n: 1, charter: firstCharter(), by, note: "", at }],
        rules: [{ n: 1, rules: [FIRST_RULE], by, at }],
        epochs: [],
        switches: { paused: null, capPerHour: null, outLastHour: 0 },
      };
      this.#laid.set(useCase, laid);
      this.#epoch(useCase, laid, "the use case was created", at, 1);
    }
    return laid;
  }
  #epoch(useCase: number, laid: Laid, why: string, at: number, attempt: number): void {
    laid.epochs.unshift({
      n: laid.epochs.length + 1,
      attempt,
      charter: laid.charters[0]?.n ?? 1,
      drafterVersion: this.#house.drafter(useCase),
      holdRules: laid.rules[0]?.n ?? 1,
      startedAt: at,
      why,
    });
  }
  #renew(useCase: number, laid: Laid, why: string[], at = Date.now()): void {
    if (why.length === 0) return;
    this.#epoch(useCase, laid, why.join("; "), at, (laid.epochs[0]?.attempt ?? 0) + 1);
    this.#house.log("epoch_started", useCase, `epoch ${laid.epochs[0]?.n}: ${why.join("; ")}`, at);
  }
  #admin(what: string): string {
    const { person, role } = this.#house.who();
    if (role !== "admin") refuse("not_allowed", `${person} may not ${what}: it takes an admin`);
    return person;
  }

  /** Two weeks of a shop that grew more careful, for looking at. */
  fill(useCase: number): void {
    const laid = this.#of(useCase);
    const second: Charter = {
      ...firstCharter(),
      why: "Customers wait a day for an answer that stands in our policy. Most can have it within the hour, and the team has time for the cases that need a person.",
      risk: {
        cost: "medium",
        what: "A customer sends goods back too late or pays twice because of what we wrote.",
        who: "The customer, and the colleague who has to put it right.",
        reversible: true,
      },
      limits: limitsOf("medium", true),
      targets: { shareAutomated: 0.4, volumePerDay: 120, responseSeconds: 3600, hoursSavedPerMonth: 60 },
      minimum: { quality: 0.9, ttftMs: 1500, tpotMs: 80, costPerRequest: 0.01, sliceGap: 0.1 },
      milestones: [
        { date: "2026-12-15", what: "Walk for the store teams", level: "walk" },
        { date: "2027-03-31", what: "Run for delivery and returns", level: "run" },
      ],
    };
    const third: Charter = {
      ...second,
      bad: { distance: 0.15, grades: null },
      limits: { ...second.limits, run: { epsilon: 0.005, delta: 0.02 } },
    };
    const at = (days: number) => NOW - days * DAY;
    const by = "Adaeze Obi";
    laid.charters.unshift({ n: 2, charter: second, by, note: "Agreed with the store managers", at: at(12) });
    this.#renew(useCase, laid, ["ε of walk 0.05 → 0.02", "ε of run 0.01 → 0.005"], at(12));
    const more: HoldRule[] = [
      FIRST_RULE,
      {
        name: "legal words",
        when: { kind: "keyword", place: "request", words: ["lawyer", "court", "변호사", "소비자원"] },
      },
      { name: "an amount of money in the answer", when: { kind: "pattern", place: "output", pattern: "\\d+ (EUR|€)" } },
      { name: "no message", when: { kind: "missingField", field: "message" } },
      { name: "other languages", when: { kind: "language", place: { field: "message" }, only: ["eng", "kor", "deu"] } },
    ];
    laid.rules.unshift({ n: 2, rules: more, by: "Mina Kim", at: at(10) });
    this.#house.log("hold_rules_changed", useCase, more.map((r) => r.name).join(", "), at(10));
    this.#renew(useCase, laid, ["other hold rules"], at(10));
    laid.charters.unshift({ n: 3, charter: third, by: "Mina Kim", note: "", at: at(6) });
    this.#renew(useCase, laid, ["edit distance that is bad 0.1 → 0.15", "δ of run 0.05 → 0.02"], at(6));
    this.#renew(useCase, laid, ["another drafter version", "threshold 0.85 → 0.9"], at(4));
    laid.switches = { paused: null, capPerHour: 40, outLastHour: 11 };
  }
  /** As if somebody had paused it, for looking at. */
  pauseFor(useCase: number, by: string, why: string): void {
    this.#of(useCase).switches.paused = { by, why, at: NOW - 2_400_000 };
  }

  #charterView(useCase: number): CharterView {
    return { versions: this.#of(useCase).charters, risks: RISKS };
  }
  #rulesView(useCase: number): HoldRulesView {
    const newest = this.#of(useCase).rules[0] ?? refuse("not_found", "there are no hold rules");
    return { ...newest, languages: LANGUAGES };
  }
  #saveCharter(a: { useCase: number; from: number; charter: Charter; note: string }): CharterView {
    const by = this.#admin("change a charter");
    checkCharter(a.charter);
    checkText("note", a.note);
    const laid = this.#of(a.useCase);
    const now = laid.charters[0];
    if (!now || now.n !== a.from)
      refuse("stale", `the charter has changed meanwhile: ${now?.by} made version ${now?.n}`);
    if (JSON.stringify(now.charter) === JSON.stringify(a.charter)) return this.#charterView(a.useCase);
    const at = Date.now();
    laid.charters.unshift({ n: now.n + 1, charter: a.charter, by, note: a.note.trim(), at });
    this.#house.log("charter_changed", a.useCase, `version ${now.n + 1}`, at);
    const why: string[] = [];
    const number = (name: string, x: number, y: number) => x !== y && why.push(`${name} ${x} → ${y}`);
    number("edit distance that is bad", now.charter.bad.distance, a.charter.bad.distance);
    if (JSON.stringify(now.charter.bad.grades) !== JSON.stringify(a.charter.bad.grades))
      why.push("other weights of edits");
    for (const level of ["walk", "run"] as const) {
      number(`ε of ${level}`, now.charter.limits[level].epsilon, a.charter.limits[level].epsilon);
      number(`δ of ${level}`, now.charter.limits[level].delta, a.charter.limits[level].delta);
    }
    this.#renew(a.useCase, laid, why, at);
    this.#house.changed();
    return this.#charterView(a.useCase);
  }
  #saveRules(a: { useCase: number; from: number; rules: HoldRule[] }): HoldRulesView {
    const by = this.#admin("change hold rules");
    checkRules(a.rules);
    const laid = this.#of(a.useCase);
    const now = laid.rules[0];
    if (!now || now.n !== a.from)
      refuse("stale", `the hold rules has changed meanwhile: ${now?.by} made version ${now?.n}`);
    if (JSON.stringify(now.rules) === JSON.stringify(a.rules)) return this.#rulesView(a.useCase);
    const at = Date.now();
    laid.rules.unshift({ n: now.n + 1, rules: a.rules, by, at });
    this.#house.log("hold_rules_changed", a.useCase, a.rules.map((r) => r.name).join(", ") || "none", at);
    this.#renew(a.useCase, laid, ["other hold rules"], at);
    this.#house.changed();
    return this.#rulesView(a.useCase);
  }
  #pause(useCase: number, said: string): Switches {
    const { person } = this.#house.who();
    const why = said.trim();
    const bytes = new TextEncoder().encode(why).length;
    if (bytes === 0 || bytes > 2000) invalid("reason", `${bytes} bytes`, "why it is paused, at most 2000 bytes");
    const s = this.#of(useCase).switches;
    if (s.paused) invalid("pause", `paused by ${s.paused.by}`, "a use case that is not paused");
    s.paused = { by: person, why, at: Date.now() };
    return this.#switched("paused", useCase, why);
  }
  #resume(useCase: number): Switches {
    this.#admin("end a pause");
    const s = this.#of(useCase).switches;
    if (!s.paused) invalid("pause", "none", "a use case that is paused");
    s.paused = null;
    return this.#switched("resumed", useCase, null);
  }
  #cap(useCase: number, perHour: number | null): Switches {
    this.#admin("change how many may go out in an hour");
    this.#of(useCase).switches.capPerHour = perHour;
    return this.#switched("cap_changed", useCase, perHour === null ? "no cap" : `at most ${perHour} an hour`);
  }
  #switched(kind: HistoryKind, useCase: number, detail: string | null): Switches {
    this.#house.log(kind, useCase, detail, Date.now());
    this.#house.changed();
    return this.#of(useCase).switches;
  }

  commands: Record<string, (a: never) => unknown> = {
    charter_view: (a: { useCase: number }) => this.#charterView(a.useCase),
    charter_save: (a: Parameters<FakeGovernance["saveCharter"]>[0]) => this.#saveCharter(a),
    hold_rules_view: (a: { useCase: number }) => this.#rulesView(a.useCase),
    hold_rules_save: (a: Parameters<FakeGovernance["saveRules"]>[0]) => this.#saveRules(a),
    switches_view: (a: { useCase: number }) => this.#of(a.useCase).switches,
    stream_pause: (a: { useCase: number; why: string }) => this.#pause(a.useCase, a.why),
    stream_resume: (a: { useCase: number }) => this.#resume(a.useCase),
    cap_set: (a: { useCase: number; perHour: number | null }) => this.#cap(a.useCase, a.perHour),
    epoch_list: (a: { useCase: number }) => this.#of(a.useCase).epochs,
  };
  /** What another person at another window would do. */
  saveCharter = (a: { useCase: number; from: number; charter: Charter; note: string }) => this.#saveCharter(a);
  saveRules = (a: { useCase: number; from: number; rules: HoldRule[] }) => this.#saveRules(a);
}
