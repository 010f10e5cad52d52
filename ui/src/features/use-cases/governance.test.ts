import { describe, expect, test } from "vitest";
import type { ActivityRow, Epoch } from "../../api";
import { en } from "../../i18n/en";
import { ko } from "../../i18n/ko";
import { partsOfDelta, rulesVersions } from "./epochs";
import { formBeginsAnewBy } from "./form-changes";
import { fromTemplate } from "./lib";
import { isCap, isReason } from "./switches";
import { charterProblem, difference, epochReason, languageName, ruleProblem } from "./words";

describe("epochs", () => {
  test("the shares of δ never add up to more than δ", () => {
    const spent = Array.from({ length: 10_000 }, (_, i) => 1 / partsOfDelta(i + 1)).reduce((a, b) => a + b, 0);
    expect([partsOfDelta(1), partsOfDelta(2), partsOfDelta(3)]).toEqual([2, 6, 12]);
    expect(spent).toBeLessThan(1);
  });
  const epoch = (n: number, holdRules: number, startedAt: number): Epoch => ({
    n,
    attempt: n,
    charter: 1,
    drafterVersion: 1,
    holdRules,
    startedAt,
    why: "",
  });
  const row = (at: number, actor: string, kind: ActivityRow["kind"], detail: string | null): ActivityRow => ({
    id: at,
    at,
    actor,
    kind,
    item: null,
    itemUid: null,
    useCase: 1,
    detail,
  });
  test("each version of the hold rules is told once, with who made it where that is still known", () => {
    const epochs = [epoch(5, 3, 50), epoch(4, 2, 40), epoch(3, 2, 30), epoch(2, 1, 20), epoch(1, 1, 10)];
    const activity = [
      row(50, "Mina", "hold_rules_changed", "legal words, vip"),
      row(30, "Mina", "cap_changed", "no cap"),
      row(10, "Ada", "use_case_created", "Support"),
    ];
    expect(rulesVersions(epochs, activity)).toEqual([
      { n: 3, at: 50, who: "Mina", names: "legal words, vip" },
      { n: 2, at: 30, who: null, names: null },
      { n: 1, at: 10, who: "Ada", names: null },
    ]);
  });
});

test("a cap is whole, nought or none", () => {
  expect([null, 0, 40, 4_294_967_295].map(isCap)).toEqual([true, true, true, true]);
  expect([-1, 1.5, NaN, 4_294_967_296].map(isCap)).toEqual([false, false, false, false]);
});
test("a pause says why", () => {
  expect([isReason("  "), isReason("new policy"), isReason("가".repeat(667))]).toEqual([false, true, false]);
});
test("the form begins evidence anew with what drafts and what decides who sees it, and with nothing else", () => {
  const from = fromTemplate("support");
  expect(formBeginsAnewBy(from, { ...from, name: "x", guidelines: "y", reasons: [], sinks: [] })).toEqual([]);
  const to = { ...from, systemPrompt: "x", threshold: 0.8, sampling: { ...from.sampling, topK: 1 } };
  expect(formBeginsAnewBy(from, to)).toEqual(["prompt", "sampling", "threshold"]);
});

test("words are said in the language of the window", () => {
  expect(charterProblem({ kind: "risk", most: 0.005 }, en, "en")).toBe("More than the risk allows: 0.5 % at most");
  expect(charterProblem({ kind: "range", lo: 0, hi: 1, share: true }, ko, "ko")).toBe("0%에서 100% 사이여야 해요");
  expect(charterProblem({ kind: "said", words: "as it comes" }, ko, "ko")).toBe("as it comes");
  expect(ruleProblem({ kind: "many", most: 200 }, en)).toBe("At most 200");
  const cost = { name: "cost", as: "choice", from: "low", to: "high" } as const;
  expect(difference(cost, en, "en")).toBe("cost of a bad answer Low → High");
  expect(difference({ name: "reversible", as: "choice", from: true, to: false }, ko, "ko")).toBe(
    "바로잡을 수 있음 예 → 아니요",
  );
  expect(difference({ name: "volumePerDay", as: "number", from: null, to: 1200 }, en, "en")).toBe(
    "target: requests a day none → 1,200",
  );
  expect(epochReason({ kind: "delta", level: "run", from: 0.05, to: 0.02 }, en, "en")).toBe("δ of Run 5 % → 2 %");
  expect([languageName("kor", "Korean", "ko"), languageName("kor", "Korean", "en")]).toEqual(["한국어", "Korean"]);
  expect(languageName("zz-not-a-code", "Its own name", "en")).toBe("Its own name");
});
