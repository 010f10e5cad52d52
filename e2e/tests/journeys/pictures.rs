//! Every page in both themes and both languages: pictures to look at, and no text cut off at the side.

use crate::acts::try_the_sample;
use gait_e2e::{PATIENCE, Place, Window};
use thirtyfour::prelude::*;

const PAGES: [&str; 7] = ["review", "overview", "use-cases", "data", "models", "activity", "settings"];

/// Elements that cut text off, or whose own text sticks out of them, without a way to scroll to it or the dots that say so.
const CLIPPED: &str = "
return [...document.querySelectorAll('body *')].filter((element) => {
  if (element.clientWidth <= 1 || element.scrollWidth <= element.clientWidth + 1) return false;
  if (element.matches('input, textarea, select, option, svg, svg *, canvas')) return false;
  const style = getComputedStyle(element);
  if (style.display === 'inline' || style.visibility === 'hidden') return false;
  if (['auto', 'scroll'].includes(style.overflowX) || style.textOverflow === 'ellipsis') return false;
  const ownText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  return ownText || (style.overflowX !== 'visible' && element.textContent.trim());
}).map((element) => (element.dataset.testid ?? element.className ?? element.tagName) + ': ' + element.textContent.trim().slice(0, 60));
";

#[tokio::test]
#[ignore = "needs a screen"]
async fn every_page_in_light_and_dark_in_english_and_korean_cuts_no_text_off() {
    let place = Place::fresh("pictures");
    let window = Window::open(&place).await;
    window.see("welcome").await;
    let mut wide = look(&window, "welcome", "light-en").await;
    try_the_sample(&window).await;
    for locale in ["en", "ko"] {
        until_it_is(&window, "language", "html", "lang", locale).await;
        for theme in ["light", "dark"] {
            until_it_is(&window, "theme", "[data-testid=theme]", "data-theme-choice", theme).await;
            for page in PAGES {
                window.click(&format!("rail-{page}")).await;
                window.see(sign(page)).await;
                wide.extend(look(&window, page, &format!("{theme}-{locale}")).await);
            }
            window.click("rail-data").await;
            window.click("data-export").await;
            window.see("export-path").await;
            wide.extend(look(&window, "export", &format!("{theme}-{locale}")).await);
            window.click("data-datasets").await;
            window.see("dataset-open").await;
            window.click("dataset-open").await;
            window.see("dataset-count").await;
            wide.extend(look(&window, "datasets", &format!("{theme}-{locale}")).await);
            window.click("rail-use-cases").await;
            window.click("use-case-edit").await;
            window.see("use-case-form").await;
            wide.extend(look(&window, "use-case", &format!("{theme}-{locale}")).await);
            window.click("rail-review").await;
            window.see("editor").await;
            window.keys("x").await;
            window.see("reject-dialog").await;
            wide.extend(look(&window, "reject", &format!("{theme}-{locale}")).await);
            window.press(Key::Escape).await;
            window.gone("reject-dialog").await;
        }
    }
    assert_eq!(wide, Vec::<String>::new(), "nothing sticks out of the page, and no text is cut off");
    // That the eye sees at all: a button made too narrow is named.
    let narrow = "document.querySelector('[data-testid=approve]').style.cssText = 'width: 2rem; overflow: hidden; white-space: nowrap'";
    window.web.execute(narrow, Vec::new()).await.expect("a script runs");
    assert!(!window.read::<Vec<String>>(CLIPPED).await.is_empty(), "text that is cut off is found");
    window.close().await;
}

/// What is only on this page.
fn sign(page: &str) -> &'static str {
    match page {
        "review" => "desk",
        "overview" => "track",
        "data" => "import-path",
        "models" => "model-row",
        "settings" => "settings-person",
        _ => "use-case-switcher",
    }
}

/// Clicks a switch until an attribute of the page says what is wanted.
pub async fn until_it_is(window: &Window<'_>, switch: &str, place: &str, attribute: &str, wanted: &str) {
    let read = async || window.web.find(By::Css(place)).await?.attr(attribute).await;
    for _ in 0..3 {
        let before = read().await.expect("the switch is there");
        if before.as_deref() == Some(wanted) {
            return;
        }
        window.click(switch).await;
        window.until(&format!("`{switch}` to do something"), PATIENCE, async |_| Ok((read().await? != before).then_some(()))).await;
    }
    panic!("`{switch}` never came to {wanted}");
}

/// Takes the picture and names what is too wide.
async fn look(window: &Window<'_>, page: &str, kind: &str) -> Vec<String> {
    window.shot(&format!("{page}-{kind}")).await;
    let (scroll, client): (i64, i64) =
        window.read("const root = document.scrollingElement; return [root.scrollWidth, root.clientWidth];").await;
    let mut wide = Vec::new();
    if scroll > client {
        wide.push(format!("{page} {kind}: the page is {scroll} px wide in a window of {client}"));
    }
    wide.extend(window.read::<Vec<String>>(CLIPPED).await.into_iter().map(|element| format!("{page} {kind}: {element}")));
    wide
}
