import { mockIPC } from "@tauri-apps/api/mocks";
import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeDraft } from "../../../dev/sample";
import type { DraftToken } from "../../api";
import { i18n } from "../../i18n/index.svelte";
import TokensView from "./TokensView.svelte";
import { PAGE } from "./tokens";

const token = (text: string, probability: number, others: [string, number][] = []): DraftToken => ({
  text,
  probability,
  entropy: Math.LN2,
  weighed: [
    { id: 0, text, probability, written: true },
    ...others.map(([text, probability], i) => ({ id: i + 1, text, probability, written: false })),
  ],
});
const draft = makeDraft(1, 1, "…", 0.9, 0.9, null);
async function open(tokens: DraftToken[], edited = false, onbranch?: (at: number, chosen: number) => void) {
  mockIPC(() => tokens);
  render(TokensView, { draft, edited, onbranch });
  await screen.findByTestId("token-list");
}
const options = () => [...document.querySelectorAll<HTMLElement>("[role=option]")];
const sentence = () => screen.getByTestId("token-sentence").textContent.trim();
const press = (key: string) => fireEvent.keyDown(screen.getByTestId("token-list"), { key });

beforeEach(() => (i18n.locale = "en"));
afterEach(cleanup);

test("each token stands with the mark of its band, and the keys tell what was weighed", async () => {
  await open([
    token("We", 0.97),
    token(" refund", 0.4, [
      [" return", 0.35],
      ["\n", 0.004],
    ]),
    token("\n", 0.7),
  ]);
  expect(options().map((o) => o.dataset["band"])).toEqual(["sure", "unsure", "likely"]);
  expect(options()[2]?.getAttribute("aria-label"), "a line's end has a name").toBe("end of line");
  expect(document.activeElement, "the arrows work at once").toBe(screen.getByTestId("token-list"));
  await press("ArrowRight");
  expect(options().map((o) => o.getAttribute("aria-selected"))).toEqual(["false", "true", "false"]);
  expect(screen.getByTestId("token-list").getAttribute("aria-activedescendant")).toBe(options()[1]?.id);
  expect(sentence()).toBe(
    "␣refund: 40 %, entropy 0.69, as among 2 equal choices. Weighed instead: ␣return 35 %, ↵ under 1 %.",
  );
});

test("pointing shows a token and gives the chosen one back", async () => {
  await open([token("We", 0.97), token(" refund", 0.4)]);
  await fireEvent.pointerOver(options()[1] as HTMLElement);
  expect(sentence()).toContain("␣refund");
  await fireEvent.pointerLeave(screen.getByTestId("token-list"));
  expect(sentence()).toContain("We: 97.0 %");
  await fireEvent.click(options()[1] as HTMLElement);
  await fireEvent.pointerLeave(screen.getByTestId("token-list"));
  expect(sentence()).toContain("␣refund");
});

test("the parts of one character are one mark, told part by part", async () => {
  await open([token("", 0.9), token("", 0.5), token("안", 0.8)]);
  expect(options().map((o) => o.textContent)).toEqual(["안"]);
  await press("ArrowRight");
  expect(sentence()).toContain("안, part 2 of 3: 50 %");
});

test("an entropy that was not measured is not told as certainty", async () => {
  await open([{ ...token("We", 0.9), entropy: null }]);
  expect(sentence()).toBe("We: 90 %, entropy not measured. Nothing else was weighed.");
});

test("what hides or turns the direction is shown, not obeyed", async () => {
  await open([token("a\u202eb", 0.9, [["\u200b", 0.05]])]);
  expect(options()[0]?.textContent).toBe("aU+202Eb");
  expect(sentence()).toContain("U+200B 5 %");
});

test("a long draft holds a thousand pieces at a time, and the keys cross over", async () => {
  await open(Array.from({ length: 2 * PAGE + 500 }, (_, i) => token(`w${i} `, i === 2100 ? 0.1 : 0.99)));
  expect([options().length, screen.getByTestId("token-page").textContent]).toEqual([PAGE, "Part 1 of 3"]);
  await press("ArrowDown");
  expect([options().length, screen.getByTestId("token-page").textContent]).toEqual([500, "Part 3 of 3"]);
  expect(sentence()).toContain("w2100␣: 10 %");
  await fireEvent.click(screen.getByText("Earlier"));
  expect(screen.getByTestId("token-page").textContent).toBe("Part 2 of 3");
  expect(sentence()).toContain("w1000␣");
}, 30_000);

test("a draft of which no tokens were kept says so; an edited text is told apart", async () => {
  mockIPC(() => []);
  render(TokensView, { draft, edited: false });
  expect((await screen.findByTestId("tokens-none")).textContent).toContain("No tokens");
  cleanup();
  await open([token("We", 0.9)], true);
  expect(screen.getByText(/not of your text/)).toBeTruthy();
});

test("a digit or a click branches off to what was weighed, and to nothing else", async () => {
  const asked: [number, number][] = [];
  const tokens = [
    token("We", 0.97),
    token(" refund", 0.4, [
      [" return", 0.35],
      [" send", 0.1],
    ]),
  ];
  await open(tokens, false, (at, chosen) => asked.push([at, chosen]));
  await press("1");
  expect(asked, "nothing was weighed at the first token").toEqual([]);
  await press("ArrowRight");
  await press("2");
  expect(asked).toEqual([[1, 2]]);
  await press("3");
  expect(asked.length, "only two were weighed").toBe(1);
  await fireEvent.click(screen.getByLabelText("Branch here with ␣return, 35 %"));
  expect(asked).toEqual([
    [1, 2],
    [1, 1],
  ]);
  await fireEvent.pointerOver(options()[0] as HTMLElement);
  await press("1");
  expect(asked.at(-1), "the keys go by what is chosen, not by the pointer").toEqual([1, 1]);
});

test("who may not ask for another draft is offered none", async () => {
  await open([token("We", 0.4, [["I", 0.3]])]);
  expect(screen.queryByText("Branch here")).toBeNull();
  await press("1");
  expect(sentence()).toContain("Weighed instead: I 30 %");
});
