import { expect, test } from "vitest";
import type { MoveReport } from "../../../api";
import { documentOf, fileName, isRaise, stepsOf } from "./report";

const report = (from: string, to: string, useCase = "x"): MoveReport =>
  ({
    useCase,
    move: { from, to, at: Date.UTC(2026, 10, 23) },
    steps: [{ to: "walk" }, { to: "run" }],
  }) as unknown as MoveReport;

test.each([
  ["crawl", "walk", ["walk"]],
  ["crawl", "run", ["walk", "run"]],
  ["walk", "crawl", ["walk"]],
  ["run", "walk", ["run"]],
])("a move from %s to %s shows the evidence of the steps between", (from, to, steps) =>
  expect(stepsOf(report(from, to)).map((s) => s.to)).toEqual(steps),
);
test("a raise is told from a lowering", () => {
  expect([isRaise(report("crawl", "run")), isRaise(report("run", "walk"))]).toEqual([true, false]);
});
test.each([
  ["Fernweg Outdoor: support / replies", "gait-fernweg-outdoor-support-replies-2026-11-23-crawl-to-walk.html"],
  ["고객 답변", "gait-고객-답변-2026-11-23-crawl-to-walk.html"],
  ["../../etc", "gait-etc-2026-11-23-crawl-to-walk.html"],
  ["???", "gait-use-case-2026-11-23-crawl-to-walk.html"],
])("the file of %s has a name that every file system takes", (name, file) =>
  expect(fileName(report("crawl", "walk", name))).toBe(file),
);
test("the saved document stands by itself, in its language, without what the window needs", () => {
  const html = documentOf(
    '<article class="report" data-testid="p"><!--x--><p>5 %</p></article>',
    "A <b>&",
    ".report{}",
    "ko",
  );
  expect(html).toContain('<html lang="ko">');
  expect(html).toContain("<title>A &lt;b&gt;&amp;</title>");
  expect(html).toContain('<article class="report"><p>5 %</p></article>');
  expect(html).not.toMatch(/<script|<link|http|data-testid|<!--/);
});
