//! Everybody's window: axe-core finds nothing serious on any page in either theme, each page can be walked through by keyboard alone, and
//! all of it can be used on a small screen and at twice the size.

use crate::acts::{go, try_the_sample};
use gait_e2e::{PATIENCE, Place, Window};
use serde::Deserialize;
use std::time::Duration;
use thirtyfour::prelude::*;

/// Each page with what is only there, and its key.
const PAGES: [(&str, &str, char); 7] = [
    ("review", "desk", '1'),
    ("overview", "track", '2'),
    ("use-cases", "use-case-edit", '3'),
    ("data", "import-path", '4'),
    ("models", "model-row", '5'),
    ("activity", "use-case-switcher", '6'),
    ("settings", "settings-person", '7'),
];

/// Asks axe-core for what WCAG 2.2 A and AA and its own good practice call serious or critical. Answers a line for each.
const AXE: &str = "
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then(
  (found) => done(found.violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')} ${n.html.slice(0, 120)}`))),
  (error) => done([`axe failed: ${error}`]));
";

async fn install_axe(window: &Window<'_>) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(file).expect("`cargo xtask test --only ui-install` brings axe-core");
    window.web.execute(format!("if (!window.axe) {{ {source} }}"), Vec::new()).await.expect("axe-core can be loaded");
    window.web.set_script_timeout(Duration::from_secs(60)).await.expect("a timeout can be set");
}

async fn serious(window: &Window<'_>, what: &str) -> Vec<String> {
    // What is on its way in is half transparent.
    window
        .until("all that moves to stand still", PATIENCE, async |web| {
            let still = web
                .execute("return document.getAnimations().every((a) => a.effect?.getTiming().iterations === Infinity)", Vec::new())
                .await?;
            Ok(still.convert::<bool>()?.then_some(()))
        })
        .await;
    let found = window.web.execute_async(AXE, Vec::new()).await.unwrap_or_else(|error| panic!("axe on {what}: {error}"));
    let found: Vec<String> = found.convert().expect("axe answers lines");
    found.into_iter().map(|line| format!("{what}: {line}")).collect()
}

async fn theme(window: &Window<'_>, wanted: &str) {
    let read = async || window.web.find(By::Testid("theme")).await?.attr("data-theme-choice").await;
    for _ in 0..4 {
        let before = read().await.expect("the switch is there");
        if before.as_deref() == Some(wanted) {
            return;
        }
        window.click("theme").await;
        window.until("another theme", PATIENCE, async |_| Ok((read().await? != before).then_some(()))).await;
    }
    panic!("the theme never became {wanted}");
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn axe_finds_nothing_serious_on_any_page_in_both_themes() {
    let place = Place::fresh("axe");
    let window = Window::open(&place).await;
    window.see("welcome").await;
    install_axe(&window).await;
    let mut found = serious(&window, "welcome").await;
    try_the_sample(&window).await;
    for kind in ["light", "dark"] {
        theme(&window, kind).await;
        for (page, sign, _) in PAGES {
            go(&window, page, sign).await;
            found.extend(serious(&window, &format!("{page}, {kind}")).await);
        }
        go(&window, "data", "data-export").await;
        window.click("data-export").await;
        window.see("export-path").await;
        found.extend(serious(&window, &format!("export, {kind}")).await);
        go(&window, "use-cases", "use-case-edit").await;
        window.click("use-case-edit").await;
        for tab in ["does", "charter", "holds", "switches", "inout", "history"] {
            window.click(&format!("tab-{tab}")).await;
            found.extend(serious(&window, &format!("use case, {tab}, {kind}")).await);
        }
        go(&window, "review", "editor").await;
        for tab in ["why", "similar", "history", "guidelines"] {
            window.click(&format!("context-{tab}")).await;
            found.extend(serious(&window, &format!("review, {tab}, {kind}")).await);
        }
        for (view, sign) in [("view-diff", "diff"), ("view-tokens", "tokens")] {
            window.click(view).await;
            window.see(sign).await;
            found.extend(serious(&window, &format!("review, {view}, {kind}")).await);
        }
        window.click("view-text").await;
        for (key, dialog) in [("x", "reject-dialog"), ("f", "escalate-dialog"), ("?", "key-sheet")] {
            window.keys(key).await;
            window.see(dialog).await;
            found.extend(serious(&window, &format!("{dialog}, {kind}")).await);
            window.press(Key::Escape).await;
            window.gone(dialog).await;
        }
        window.key_with(Key::Control, 'k').await;
        window.see("palette").await;
        found.extend(serious(&window, &format!("palette, {kind}")).await);
        window.press(Key::Escape).await;
        window.gone("palette").await;
    }
    assert_eq!(found, Vec::<String>::new(), "nothing serious");
    // That it sees at all: a button whose name is taken away is found.
    window
        .web
        .execute("const b = document.querySelector('[data-testid=approve]'); b.textContent = ''; b.title = ''", Vec::new())
        .await
        .expect("a script runs");
    assert!(!serious(&window, "a nameless button").await.is_empty(), "axe finds what is wrong");
    window.close().await;
}

/// Notes where the focus goes, and whether it can be seen there.
const WATCH_FOCUS: &str = "
window.__walk = [];
if (!window.__walking) {
  window.__walking = true;
  addEventListener('focusin', (event) => {
    const el = event.target;
    const style = getComputedStyle(el);
    const seen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    el.setAttribute('data-walked', '');
    window.__walk.push({ seen, what: el.dataset.testid ?? el.getAttribute('aria-label') ?? (el.textContent.trim().slice(0, 40) || el.tagName) });
  });
}
document.querySelectorAll('[data-walked]').forEach((el) => el.removeAttribute('data-walked'));
";
/// What can be reached by Tab and was not. Of radio buttons, the chosen one stands for its group; of rows of a long list, those in view.
const MISSED: &str = "
const can = 'button, a[href], input, select, textarea, summary, [tabindex]';
return [...document.querySelectorAll(can)].filter((el) => {
  if (el.disabled || el.tabIndex < 0 || el.matches('[type=hidden], [data-walked]')) return false;
  if (!el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) return false;
  if (el.type === 'radio' && document.querySelector(`input[type=radio][name=\"${el.name}\"][data-walked]`)) return false;
  return true;
}).map((el) => el.dataset.testid ?? el.getAttribute('aria-label') ?? (el.textContent.trim().slice(0, 40) || el.tagName));
";

#[derive(Debug, Deserialize)]
struct Stop {
    seen: bool,
    what: String,
}

/// Presses Tab until the focus has been everywhere (or goes on and on). Returns where it was.
async fn walk(window: &Window<'_>) -> Vec<Stop> {
    window.web.execute(WATCH_FOCUS, Vec::new()).await.expect("a script runs");
    for _ in 0..30 {
        window.keys(&Key::Tab.value().to_string().repeat(12)).await;
        if window.read::<Vec<String>>(MISSED).await.is_empty() {
            break;
        }
    }
    window.read("return window.__walk;").await
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn each_page_is_walked_by_keyboard_alone() {
    let place = Place::fresh("keyboard");
    let window = Window::open(&place).await;
    window.see("welcome").await;
    let mut wrong = Vec::new();
    // From the first start to the first draft without a pointer.
    window
        .until("the way into the sample by Tab", PATIENCE, async |_| {
            window.press(Key::Tab).await;
            let at: String = window.read("return document.activeElement?.dataset?.testid ?? '';").await;
            Ok((at == "try-sample").then_some(()))
        })
        .await;
    window.press(Key::Enter).await;
    window.value_where("editor", "the first draft", Duration::from_secs(40), |draft| !draft.trim().is_empty()).await;
    // A list that grows under the walk moves the focus along with its rows.
    let ledger = gait_e2e::Ledger::open(&place);
    let open = "SELECT count(*) FROM item WHERE state IN ('received', 'drafting')";
    window.until("all to be drafted", Duration::from_secs(40), async |_| Ok((ledger.one::<i64>(open) == 0).then_some(()))).await;
    for (page, sign, key) in PAGES {
        window.key_with(Key::Control, key).await;
        window.see(sign).await;
        let stops = walk(&window).await;
        let missed: Vec<String> = window.read(MISSED).await;
        wrong.extend(missed.into_iter().map(|what| format!("{page}: Tab never reaches {what:?}")));
        wrong.extend(stops.iter().filter(|stop| !stop.seen).map(|stop| format!("{page}: the focus cannot be seen on {:?}", stop.what)));
        assert!(stops.len() > 10, "{page}: the focus moves: {stops:?}");
    }
    wrong.sort();
    wrong.dedup();
    assert_eq!(wrong, Vec::<String>::new(), "every page can be used without a pointer");

    // Decide, choose from the palette, leave the field: the focus stays where the next key is expected.
    window.key_with(Key::Control, '1').await;
    window.see("editor").await;
    let active = async || -> String {
        window.read("return document.activeElement?.dataset?.testid ?? document.activeElement?.tagName ?? '';").await
    };
    let first = crate::acts::item(&window).await;
    window.keys("e").await;
    assert_eq!(active().await, "editor");
    window.keys(" and more").await;
    window.key_with(Key::Control, Key::Enter).await;
    let second = crate::acts::next_after(&window, first).await;
    assert_eq!(active().await, "desk", "after a decision the next letter is a key again");
    window.keys("x").await;
    window.see("reject-dialog").await;
    window.keys("1").await;
    window.keys("\n").await;
    crate::acts::next_after(&window, second).await;
    window.gone("reject-dialog").await;
    let at = active().await;
    assert!(["desk", "BODY"].contains(&at.as_str()), "and after a dialog: {at}");
    window.key_with(Key::Control, 'k').await;
    window.see("palette").await;
    window.keys("similar accepted").await;
    window.keys("\n").await;
    window.see("similar").await;
    window.close().await;
}

/// What a reviewer needs, with its place on the screen: `[left, top, right, bottom]` and the window's size.
const IN_SIGHT: &str = "
const out = [];
for (const id of ['input', 'editor', 'approve', 'reject', 'undo']) {
  const el = document.querySelector(`[data-testid=${id}]`);
  if (!el) { out.push(`${id} is not there`); continue; }
  const r = el.getBoundingClientRect();
  const shown = Math.min(r.bottom, innerHeight) - Math.max(r.top, 0);
  if (r.left < -1 || r.right > innerWidth + 1 || shown < Math.min(r.height, 24)) out.push(`${id}: ${Math.round(r.left)},${Math.round(r.top)}–${Math.round(r.right)},${Math.round(r.bottom)} of ${innerWidth}×${innerHeight}`);
}
const root = document.scrollingElement;
if (root.scrollWidth > root.clientWidth) out.push(`the page is ${root.scrollWidth} px wide in ${root.clientWidth}`);
return out;
";

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_small_screen_and_twice_the_size_leave_everything_in_reach() {
    let place = Place::fresh("small");
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    let mut wrong = Vec::new();
    window.web.set_window_rect(0, 0, 1024, 700).await.expect("the window can be made smaller");
    window
        .until("the smaller window", PATIENCE, async |_| Ok((window.read::<i64>("return innerWidth;").await <= 1024).then_some(())))
        .await;
    for (size, keys) in [("1024×700", 0), ("1024×700 at 200 %", 5)] {
        for _ in 0..keys {
            window.key_with(Key::Control, '=').await;
        }
        if keys > 0 {
            window
                .until("everything at twice the size", PATIENCE, async |_| {
                    Ok((window.read::<i64>("return innerWidth;").await <= 512).then_some(()))
                })
                .await;
        }
        for (page, sign, key) in PAGES {
            window.key_with(Key::Control, key).await;
            window
                .until(&format!("{page} at {size}"), PATIENCE, async |web| Ok(web.find(By::Testid(sign)).await.is_ok().then_some(())))
                .await;
            window.shot(&format!("{page}-{}", size.replace([' ', '×', '%'], "-"))).await;
            let (scroll, client): (i64, i64) =
                window.read("const root = document.scrollingElement; return [root.scrollWidth, root.clientWidth];").await;
            if scroll > client {
                wrong.push(format!("{page} at {size}: {scroll} px wide in {client}"));
            }
        }
        window.key_with(Key::Control, '1').await;
        window.until("the editor", PATIENCE, async |web| Ok(web.find(By::Testid("editor")).await.is_ok().then_some(()))).await;
        wrong.extend(window.read::<Vec<String>>(IN_SIGHT).await.into_iter().map(|line| format!("review at {size}: {line}")));
        // It works, too.
        let first = crate::acts::item(&window).await;
        window.keys("a").await;
        crate::acts::next_after(&window, first).await;
    }
    window.key_with(Key::Control, '0').await;
    window.until("the usual size", PATIENCE, async |_| Ok((window.read::<i64>("return innerWidth;").await > 900).then_some(()))).await;
    assert_eq!(wrong, Vec::<String>::new(), "nothing is out of reach");
    window.close().await;
}
