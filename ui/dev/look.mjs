// Looks at every page in headless Chromium: builds the window on the in-memory backend, serves it under the strict content
// security policy, takes screenshots to $LOOK_OUT (default /tmp/gait-look) and runs axe-core. Fails on any violation.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";

const root = new URL("..", import.meta.url).pathname;
const out = process.env.LOOK_OUT ?? "/tmp/gait-look";
const site = join(out, "site");
mkdirSync(out, { recursive: true });
const built = spawnSync("npx", ["vite", "build", "--mode", "fake", "--outDir", site, "--logLevel", "warn"], {
  cwd: root,
  stdio: "inherit",
});
if (built.status !== 0) process.exit(1);

const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html";
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const server = createServer((req, res) => {
  const path = new URL(req.url ?? "/", "http://x").pathname;
  try {
    const body = readFileSync(join(site, path === "/" ? "dev/index.html" : path));
    res.writeHead(200, { "content-type": types[extname(path)] ?? "text/html", "content-security-policy": csp });
    res.end(body);
  } catch {
    res.writeHead(404).end();
  }
});
await new Promise((ok) => server.listen(0, "127.0.0.1", ok));
const base = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let bad = 0;

const go = (name) => (p) => p.getByTestId(`rail-${name}`).click();
const key = (k) => (p) => p.keyboard.press(k);
const click = (id) => (p) => p.getByTestId(id).first().click();
const type = (id, text) => (p) => p.getByTestId(id).fill(text);
const pause = (ms) => (p) => p.waitForTimeout(ms);
const part = (name) => [go("use-cases"), click("use-case-edit"), click(`tab-${name}`), pause(300)];
const end = (p) => p.locator(".page").evaluate((e) => e.scrollTo(0, 99999));
/** So far down that a part is in view. */
const down = (id) => (p) => p.getByTestId(id).first().scrollIntoViewIfNeeded();
export const SCENES = {
  welcome: ["", []],
  review: ["filled&drafting", []],
  "review-why": ["filled&drafting", [key("i"), key("a"), pause(300)]],
  "review-diff": [
    "filled",
    [
      key("j"),
      pause(200),
      key("e"),
      pause(100),
      (p) => p.keyboard.type(" We will write again on Monday. 감사합니다."),
      key("Escape"),
      key("d"),
      pause(500),
    ],
  ],
  "review-tokens": ["filled", [key("t"), pause(300), key("ArrowDown"), key("ArrowDown"), pause(100)]],
  "review-tokens-korean": [
    "filled",
    [
      type("search", "사이즈"),
      pause(500),
      click("queue-row"),
      pause(300),
      key("e"),
      (p) => p.keyboard.type(" 감사합니다."),
      key("Escape"),
      key("t"),
      pause(300),
      key("ArrowDown"),
      (p) => p.getByTestId("token-list").locator("[data-band=guess]").last().hover(),
      pause(100),
    ],
  ],
  "review-reject": ["filled", [key("x"), key("2"), key("4")]],
  "review-stream": ["filled", [key("r"), pause(500)]],
  "review-decided": ["filled", [click("tab-decided"), pause(300), click("queue-row"), pause(300)]],
  "review-end": ["filled", [type("search", "no such words"), pause(500), key("Escape"), key("s"), pause(400)]],
  overview: ["filled", [go("overview"), pause(400)]],
  "overview-end": [
    "filled",
    [go("overview"), pause(400), (p) => p.locator(".page").evaluate((e) => e.scrollTo(0, 9999))],
  ],
  "overview-raise": ["filled", [go("overview"), pause(300), click("raise"), click("move-confirm")]],
  "overview-new": ["filled&several", [(p) => p.getByTestId("use-case-switcher").selectOption("4"), go("overview")]],
  "overview-cards": ["filled&several", [go("overview"), pause(400)]],
  "overview-what-if": [
    "filled",
    [
      go("overview"),
      pause(500),
      click("jump-whatIf"),
      (p) => p.getByTestId("part-whatIf").getByTestId("handle").focus(),
      key("PageDown"),
      key("PageDown"),
      key("ArrowRight"),
      pause(500),
      click("replay-show"),
      click("jump-whatIf"),
    ],
  ],
  "overview-table": [
    "filled",
    [
      go("overview"),
      pause(400),
      click("jump-evidence"),
      (p) =>
        p
          .getByTestId("part-evidence")
          .getByRole("button", { name: /Table|표/ })
          .click(),
      (p) => p.getByTestId("left-out").locator("summary").click(),
    ],
  ],
  "overview-ladder": [
    "filled",
    [
      go("overview"),
      pause(400),
      click("threshold-by-ladder"),
      pause(500),
      click("evidence-walk"),
      click("jump-evidence"),
    ],
  ],
  "overview-audits": [
    "filled",
    [
      go("overview"),
      pause(400),
      (p) => p.getByTestId("audit-stream").locator("summary").click(),
      (p) => p.getByTestId("audit-settings").locator("summary").click(),
      type("audit-share", "20"),
      click("jump-audits"),
    ],
  ],
  "overview-reviewers": [
    "filled",
    [go("overview"), pause(400), (p) => p.getByTestId("seeding").locator("summary").click(), click("jump-reviewers")],
  ],
  "overview-calibrate": ["filled", [go("overview"), pause(400), click("calibrate")]],
  "overview-out-since": ["filled", [go("overview"), pause(400), click("out-since"), pause(300)]],
  "review-audits": ["filled", [go("overview"), pause(400), click("audit-now"), pause(600)]],
  "review-walk": ["filled", [go("overview"), pause(700), click("replay-show"), click("replay-item"), pause(400)]],
  report: ["filled", [go("overview"), pause(400), click("report"), pause(400)]],
  simulator: [
    "filled",
    [go("overview"), pause(300), click("open-simulator"), pause(200), click("simulate"), pause(900)],
  ],
  notices: ["filled&several", [click("bell"), pause(100)]],
  fallen: ["filled&fallen", [go("overview"), pause(300)]],
  "use-cases": ["filled", [go("use-cases")]],
  "use-case-form": [
    "filled",
    [
      go("use-cases"),
      click("use-case-new"),
      pause(200),
      type("try-message", "How much is shipping?"),
      click("try-run"),
      pause(1800),
    ],
  ],
  "use-case-does": ["filled", [go("use-cases"), click("use-case-edit")]],
  charter: ["filled", [...part("charter")]],
  "charter-terms": [
    "filled",
    [...part("charter"), click("charter-cost-high"), click("charter-bad-graded"), pause(100), down("charter-bar")],
  ],
  "charter-end": [
    "filled",
    [...part("charter"), type("charter-volumePerDay", "150"), click("milestone-add"), click("charter-save"), end],
  ],
  "charter-stale": [
    "filled",
    [
      ...part("charter"),
      type("charter-who", "Customers"),
      (p) =>
        p.evaluate(async () => {
          const { versions } = await window.backend.invoke("charter_view", { useCase: 1 });
          const charter = { ...versions[0].charter, why: "Faster answers" };
          window.backend.settings.person = "Adaeze Obi";
          window.backend.governance.saveCharter({ useCase: 1, from: versions[0].n, charter, note: "" });
        }),
      pause(300),
      click("charter-save"),
      pause(200),
    ],
  ],
  "hold-rules": ["filled", [...part("holds")]],
  "hold-rules-end": [
    "filled",
    [
      ...part("holds"),
      (p) => p.getByTestId("rule-kind").selectOption("schemaInvalid"),
      click("rule-add"),
      (p) => p.getByTestId("rule-kind").selectOption("length"),
      click("rule-add"),
      click("hold-rules-save"),
      end,
    ],
  ],
  "hold-rules-refused": [
    "filled",
    [...part("holds"), type("rule-pattern", "\\d+ (EUR"), click("hold-rules-save"), pause(200)],
  ],
  switches: ["filled", [...part("switches")]],
  "in-and-out": ["filled", [...part("inout"), click("sink-secret"), pause(100), click("folder-skipped")]],
  "in-and-out-end": ["filled", [...part("inout"), end]],
  "settings-allowed": ["filled", [go("settings"), pause(200), down("allowed")]],
  "switches-paused": ["filled&paused", [...part("switches")]],
  "switches-reviewer": ["filled&paused&reviewer", [...part("switches")]],
  "use-cases-paused": ["filled&paused", [go("use-cases")]],
  "use-case-history": ["filled", [...part("history")]],
  "use-case-history-end": ["filled", [...part("history"), end]],
  "charter-reviewer": ["filled&reviewer", [...part("charter")]],
  "hold-rules-reviewer": ["filled&reviewer", [...part("holds")]],
  "use-case-reviewer": ["filled&reviewer", [go("use-cases"), click("use-case-edit")]],
  import: ["filled", [go("data"), type("import-path", "/home/mina/inbox.csv"), key("Enter"), pause(300)]],
  "import-report": [
    "filled",
    [
      go("data"),
      type("import-path", "/home/mina/inbox.csv"),
      key("Enter"),
      pause(300),
      click("import-run"),
      pause(1500),
    ],
  ],
  export: ["filled", [go("data"), click("data-export"), pause(200), click("export-run"), pause(1500)]],
  models: ["filled", [go("models")]],
  "models-end": ["filled", [go("models"), pause(300), (p) => p.locator(".page").evaluate((e) => e.scrollTo(0, 9999))]],
  "models-add": [
    "filled",
    [go("models"), click("model-add"), type("model-path", "/home/mina/x.gguf"), key("Enter"), pause(300)],
  ],
  "models-delete": [
    "filled",
    [
      go("models"),
      pause(200),
      (p) => p.getByTestId("model-remove").nth(1).click(),
      pause(100),
      click("model-delete-file"),
    ],
  ],
  "models-measure": [
    "filled",
    [go("models"), pause(200), (p) => p.getByTestId("model-measure").nth(1).click(), pause(250)],
  ],
  "models-hub-off": ["filled", [go("models"), click("model-download"), pause(200)]],
  "models-hub": [
    "filled&hub",
    [
      go("models"),
      click("model-download"),
      pause(200),
      type("hub-name", "mina/missing/small.gguf"),
      click("hub-start"),
      pause(250),
    ],
  ],
  activity: ["filled", [go("activity")]],
  settings: ["filled&trouble", [go("settings")]],
  "settings-end": [
    "filled&hub",
    [go("settings"), pause(200), (p) => p.locator(".page").evaluate((e) => e.scrollTo(0, 9999))],
  ],
  "settings-keys": [
    "filled",
    [
      go("settings"),
      pause(200),
      click("key-change-reject"),
      key("b"),
      pause(200),
      click("key-change-edit"),
      key("a"),
      (p) => p.getByTestId("key-problem").scrollIntoViewIfNeeded(),
      pause(100),
    ],
  ],
  "keys-changed": [
    "filled",
    [
      go("settings"),
      pause(200),
      click("key-change-reject"),
      key("b"),
      pause(200),
      go("review"),
      pause(300),
      key("?"),
      pause(100),
    ],
  ],
  palette: ["filled", [key("Control+k"), pause(100)]],
  keys: ["filled", [key("?"), pause(100)]],
};
const only = process.argv.slice(2);
const looks = process.env.LOOKS
  ? process.env.LOOKS.split(",")
  : ["light-en-1280", "dark-ko-1280", "light-ko-1024", "dark-en-1024"];
for (const look of looks) {
  const [theme, lang, width] = look.split("-");
  const [w, h] = { 1280: [1280, 860], 1024: [1024, 700], 640: [640, 430], tall: [1280, 5000] }[width];
  for (const [name, [query, steps]] of Object.entries(SCENES)) {
    if (only.length && !only.includes(name)) continue;
    const page = await browser.newPage({ viewport: { width: w, height: h } });
    page.on("pageerror", (e) => (bad++, console.error(`${look} ${name}: ${e.message}`)));
    page.on(
      "console",
      (m) => ["error", "warning"].includes(m.type()) && (bad++, console.error(`${look} ${name}: ${m.text()}`)),
    );
    await page.goto(`${base}?${query}${theme === "dark" ? "&dark" : ""}${lang === "ko" ? "&ko" : ""}`);
    await page.getByTestId("rail-review").waitFor();
    await page.waitForTimeout(250);
    try {
      for (const step of steps) await step(page);
    } catch (e) {
      bad++;
      console.error(`${look} ${name}: ${e.message.split("\n")[0]}`);
    }
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(out, `${name}-${look}.png`) });
    const found = await page.evaluate(
      `${axeSource}; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`,
    );
    for (const v of found.violations) {
      bad++;
      console.error(
        `${look} ${name}: axe ${v.id} (${v.nodes.length}) ${v.nodes[0]?.html.slice(0, 140)} ${v.nodes[0]?.any[0]?.message ?? ""}`,
      );
    }
    await page.close();
  }
}
await browser.close();
server.close();
console.log(bad === 0 ? "all pages look right to axe, the console and the policy" : `${bad} problems`);
process.exit(bad === 0 ? 0 : 1);
