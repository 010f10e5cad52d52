// Datasets of the in-memory backend, over its own decided items. Invariant: a version is frozen: what is decided or purged later changes only
// later ones; it refuses what the shell refuses, with the same codes.
import { cleanedRecipe, everyDecision } from "../src/api/datasets";
import type {
  CommandError,
  DatasetAgain,
  DatasetCompared,
  DatasetCounted,
  DatasetFacets,
  DatasetFormat,
  DatasetLeftOut,
  DatasetLeftovers,
  DatasetProgress,
  DatasetRecipe,
  DatasetRows,
  DatasetSelection,
  DatasetSide,
  DatasetStage,
  DatasetTrace,
  DatasetVersion,
  ErrorCode,
  HistoryKind,
  ItemView,
} from "../src/api";

type Listen<T> = { onmessage: (event: T) => void };
/** What the rest of the backend lends. */
export type Archive = {
  who: () => { person: string; role: "admin" | "reviewer" };
  items: () => ItemView[];
  reasons: () => string[];
  log: (kind: HistoryKind, detail: string | null) => void;
  changed: () => void;
  cancelled: (token: string) => boolean;
  rest: () => Promise<void>;
};
type Frozen = { version: DatasetVersion; rows: { item: number; decision: number; side: DatasetSide }[] };

function refuse(code: ErrorCode, message: string): never {
  const error: CommandError = { code, message };
  throw error;
}

const BY_FORMAT: Record<DatasetFormat, "text" | "pair" | "label" | "all"> = {
  sft: "text",
  prompt_completion: "text",
  dpo: "pair",
  dpo_chat: "pair",
  kto: "label",
  openai_chat: "text",
  openai_preference: "pair",
  alpaca: "text",
  sharegpt: "text",
  sharegpt_preference: "pair",
  sharegpt_kto: "label",
  sft_parquet: "text",
  dpo_parquet: "pair",
  csv: "all",
};
const STAGES: DatasetStage[] = ["selecting", "reading", "comparing", "writing", "closing"];

export class FakeDatasets {
  versions: Frozen[] = [];
  purged = new Map<number, string>();
  constructor(private readonly from: Archive) {}

  /** A first version of half a year ago, and a second one of today, so that there is something to compare. */
  fill(): void {
    const recipe = { ...cleanedRecipe("en"), groupFields: ["customer"] };
    this.#freeze(everyDecision, { ...recipe, nearDuplicates: false }, "/home/mina/sets/replies-v1", 60);
    this.#freeze({ ...everyDecision, weighted: false }, recipe, "/home/mina/sets/replies-v2", Infinity);
  }

  #why(i: ItemView, s: DatasetSelection): DatasetLeftOut | null {
    const d = i.decision;
    if (!d) return null;
    if (this.purged.has(i.id)) return "purged";
    if (d.by === "policy" && i.id % 4 !== 0) return "not_looked_at";
    if ((s.since !== null && d.at < s.since) || (s.until !== null && d.at >= s.until)) return "period";
    if (s.levels.length && !s.levels.includes(d.by === "policy" ? "walk" : "crawl")) return "level";
    if (s.slices.length && !s.slices.includes(i.slice ?? "")) return "slice";
    if (s.reviewers.length && !s.reviewers.includes(d.actor)) return "reviewer";
    if (s.verdicts.length && !s.verdicts.includes(d.verdict)) return "verdict";
    if ((s.leastEdit !== null && d.editDistance < s.leastEdit) || (s.mostEdit !== null && d.editDistance > s.mostEdit))
      return "edit_distance";
    if (s.agreement !== "any" && i.id % 4 !== 0) return "agreement";
    if (s.reasons.length && !d.reasons.some((r) => s.reasons.includes(r))) return "reason";
    return null;
  }

  #counted(s: DatasetSelection): { counted: DatasetCounted; chosen: ItemView[] } {
    const decided = this.from.items().filter((i) => i.decision);
    const left = new Map<DatasetLeftOut, number>([["taken_back", 6]]);
    const chosen = decided.filter((i) => {
      const why = this.#why(i, s);
      if (why) left.set(why, (left.get(why) ?? 0) + 1);
      return !why;
    });
    const of = (verdict: string) => chosen.filter((i) => i.decision?.verdict === verdict).length;
    const [approved, edited, rejected] = [of("approve"), of("edit"), of("reject")];
    const agreed = chosen.filter((i) => i.id % 4 === 0).length;
    const rushed = Math.round(chosen.length / 30);
    const counted: DatasetCounted = {
      decisions: decided.length + 6,
      selected: chosen.length,
      texts: approved + edited,
      preferences: edited,
      approved,
      rejected,
      leftOut: [...left].map(([reason, count]) => ({ reason, count })),
      signs: [
        { sign: "rushed" as const, count: rushed, factor: 0.5 },
        { sign: "agreed" as const, count: agreed, factor: 1.5 },
      ].filter((x) => x.count > 0),
      meanWeight: s.weighted && chosen.length ? 1 + (agreed - rushed) / 2 / chosen.length : 1,
    };
    return { counted, chosen };
  }

  #freeze(selection: DatasetSelection, recipe: DatasetRecipe, folder: string, most: number): DatasetVersion {
    const { counted, chosen: all } = this.#counted(selection);
    const chosen = all.slice(0, most);
    const side = (i: ItemView): DatasetSide => (i.id % 10 === 3 ? "test" : i.id % 10 === 7 ? "validation" : "train");
    const duplicates = recipe.nearDuplicates ? Math.floor(chosen.length / 25) : 0;
    const kept = chosen.slice(0, chosen.length - duplicates);
    const count = (format: DatasetFormat, of: DatasetSide) =>
      kept.filter((i) => side(i) === of && has(format, i)).length;
    const rows = recipe.formats.map((format) => ({
      format,
      train: count(format, "train"),
      validation: count(format, "validation"),
      test: count(format, "test"),
    }));
    const version: DatasetVersion = {
      n: this.versions.length + 1,
      at: Date.now(),
      by: this.from.who().person,
      selection,
      recipe,
      leftOut: counted.leftOut,
      examples: chosen.length,
      kept: kept.length,
      bytes: kept.length * 912 * recipe.formats.length,
      rows,
      steps: [
        { step: "personal", leftOut: 0, replaced: recipe.personal ? { EMAIL: 14, PHONE: 5 } : {} },
        { step: "near_duplicates", leftOut: duplicates, replaced: {} },
      ],
      countedBy: "Gait Starter",
      prompt: { mean: 61.4, median: 58, p95: 112, max: 140 },
      text: { mean: 44.2, median: 42, p95: 80, max: 96 },
      notes: [],
      files: rows.flatMap((r) =>
        (["train", "validation", "test"] as const)
          .filter((of) => r[of] > 0)
          .map((of) => ({
            path: `${r.format.replaceAll("_", "-")}/${of}-00000.jsonl`,
            rows: r[of],
            bytes: r[of] * 912,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          })),
      ),
      copies: [{ folder, there: true, by: this.from.who().person, at: Date.now() }],
    };
    this.versions.unshift({
      version,
      rows: kept.map((i) => ({ item: i.id, decision: i.decision?.id ?? 0, side: side(i) })),
    });
    return version;
  }

  async #work(total: number, token: string, on: Listen<DatasetProgress>): Promise<void> {
    for (const stage of STAGES) {
      for (let i = 1; i <= 4; i++) {
        if (this.from.cancelled(token)) refuse("cancelled", "cancelled");
        on.onmessage({
          stage,
          done: Math.round((total * i) / 4),
          total: stage === "selecting" ? null : total,
          perSecond: 3400,
        });
        await this.from.rest();
      }
    }
  }

  #nth(n: number): Frozen {
    return this.versions.find((v) => v.version.n === n) ?? refuse("not_found", `There is no dataset version ${n}`);
  }

  #held(item: number) {
    return [...this.versions]
      .reverse()
      .flatMap(({ version, rows }) =>
        rows
          .filter((r) => r.item === item)
          .map((r) => ({ version: version.n, row: `d${r.decision}`, side: r.side, folders: version.copies })),
      );
  }

  commands: Record<string, (a: never) => unknown> = {
    dataset_facets: (): DatasetFacets => ({
      slices: [...new Set(this.from.items().map((i) => i.slice ?? ""))].sort(),
      reviewers: [
        ...new Set(this.from.items().flatMap((i) => (i.decision?.by === "person" ? [i.decision.actor] : []))),
      ],
      drafterVersions: [1],
      reasons: this.from.reasons(),
      model: { name: "Gait Starter", context: 2048 },
    }),
    dataset_count: (a: { selection: DatasetSelection }) => this.#counted(a.selection).counted,
    dataset_preview: (a: { selection: DatasetSelection; recipe: DatasetRecipe }): DatasetRows[] => {
      const { chosen } = this.#counted(a.selection);
      return a.recipe.formats.map((format) => ({
        format,
        rows: chosen
          .filter((i) => has(format, i))
          .slice(0, 3)
          .map((i) => JSON.stringify(rowOf(format, i))),
      }));
    },
    dataset_make: async (a: {
      selection: DatasetSelection;
      recipe: DatasetRecipe;
      folder: string;
      token: string;
      onProgress: Listen<DatasetProgress>;
    }) => {
      if (this.versions.some((v) => v.version.copies.some((c) => c.folder === a.folder)))
        refuse(
          "invalid",
          `Folder: a name that nothing has yet: a dataset never takes the place of another (found ${a.folder})`,
        );
      const { counted } = this.#counted(a.selection);
      if (counted.selected === 0) refuse("invalid", "Selection: at least one decision (found none of the decisions)");
      await this.#work(counted.selected, a.token, a.onProgress);
      const version = this.#freeze(a.selection, a.recipe, a.folder, Infinity);
      this.from.log("dataset_made", `version ${version.n}: ${version.kept} of ${counted.decisions} decisions`);
      this.from.changed();
      return version;
    },
    dataset_list: () => this.versions.map((v) => v.version),
    dataset_compare: (a: { from: number; to: number }): DatasetCompared => {
      const [from, to] = [this.#nth(a.from), this.#nth(a.to)];
      const [before, after] = [from, to].map((v) => new Set(v.rows.map((r) => r.item))) as [Set<number>, Set<number>];
      return {
        from: a.from,
        to: a.to,
        added: [...after].filter((i) => !before.has(i)).length,
        removed: [...before].filter((i) => !after.has(i)).length,
        changed: 0,
        same: [...after].filter((i) => before.has(i)).length,
        differences: differences(from.version, to.version),
      };
    },
    dataset_write_again: async (a: {
      n: number;
      folder: string;
      token: string;
      onProgress: Listen<DatasetProgress>;
    }): Promise<DatasetAgain> => {
      const { version, rows } = this.#nth(a.n);
      await this.#work(version.kept, a.token, a.onProgress);
      version.copies = [
        ...version.copies,
        { folder: a.folder, there: true, by: this.from.who().person, at: Date.now() },
      ];
      this.from.log("dataset_written_again", `version ${version.n}`);
      this.from.changed();
      return { version, same: !rows.some((r) => this.purged.has(r.item)) };
    },
    dataset_trace: (a: { named: string }): DatasetTrace => {
      const row = /^d(\d+)$/.exec(a.named)?.[1];
      const of = row
        ? this.from.items().find((i) => i.decision?.id === Number(row))
        : this.from.items().find((i) => i.uid === a.named || String(i.id) === a.named);
      if (!of) refuse("not_found", `There is no ${row ? "decision" : "item"} ${a.named}`);
      return {
        item: of.id,
        itemUid: of.uid,
        row: row ? a.named : null,
        by: row ? (of.decision?.actor ?? null) : null,
        verdict: row ? (of.decision?.verdict ?? null) : null,
        at: row ? (of.decision?.at ?? null) : null,
        takenBack: false,
        purged: this.purged.has(of.id),
        held: this.#held(of.id),
      };
    },
    dataset_purge: (a: { item: number; why: string }): DatasetLeftovers => {
      const { person, role } = this.from.who();
      if (role !== "admin") refuse("not_allowed", `${person} may not purge an item from datasets: it takes an admin`);
      if (!a.why.trim()) refuse("invalid", "Reason: why the item is purged (found nothing)");
      if (!this.purged.has(a.item)) this.from.log("purged", a.why);
      this.purged.set(a.item, a.why);
      this.from.changed();
      const held = this.#held(a.item);
      return {
        versions: held.map((h) => h.version),
        rows: held.flatMap((h) =>
          h.folders.map((c) => ({
            version: h.version,
            file: `${c.folder}/sft/${h.side}-00000.jsonl`,
            row: a.item % 50,
          })),
        ),
        elsewhere: [],
      };
    },
  };
}

function has(format: DatasetFormat, i: ItemView): boolean {
  const verdict = i.decision?.verdict;
  const kind = BY_FORMAT[format];
  if (kind === "all") return true;
  if (kind === "pair") return verdict === "edit";
  return kind === "text" ? verdict !== "reject" : verdict !== "edit";
}

function rowOf(format: DatasetFormat, i: ItemView): unknown {
  const prompt = [{ role: "user", content: i.fields[0]?.value }];
  const text = i.decision?.text ?? i.drafts[0]?.text;
  const id = `d${i.decision?.id ?? 0}`;
  const kind = BY_FORMAT[format];
  if (kind === "pair")
    return { id, prompt, chosen: [{ role: "assistant", content: text }], rejected: i.drafts[0]?.text };
  if (kind === "label") return { id, prompt, completion: text, label: i.decision?.verdict === "approve" };
  return { id, messages: [...prompt, { role: "assistant", content: text }] };
}

function differences(from: DatasetVersion, to: DatasetVersion): DatasetCompared["differences"] {
  const all = (v: DatasetVersion) =>
    ({ selection: v.selection, recipe: v.recipe }) as Record<string, Record<string, unknown>>;
  const [a, b] = [all(from), all(to)];
  return Object.keys(a).flatMap((part) =>
    Object.keys(a[part] ?? {})
      .filter((name) => JSON.stringify(a[part]?.[name]) !== JSON.stringify(b[part]?.[name]))
      .map((name) => ({
        what: `${part}.${name}`,
        from: JSON.stringify(a[part]?.[name]),
        to: JSON.stringify(b[part]?.[name]),
      })),
  );
}
