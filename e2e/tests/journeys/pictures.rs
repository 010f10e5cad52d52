//! Every page in both themes and both languages: pictures to look at, and no text cut off at the side.

use crate::acts::try_the_sample;
use gait_e2e::{PATIENCE, Place, Window};
use thirtyfour::prelude::*;

const PAGES: [&str; 7] = ["review", "overview", "use-cases", "data", "models", "activity", "settings"];

/// Elements whose text is wider than they are, without a way to scroll to it or the dots that say so.
const CLIPPED: &str = "
return [...document.querySelectorAll('body *')].filter((element) => {
  if (element.scrollWidth <= element.clientWidth + 1 || element.clientWidth === 0) return false;
  const style = getComputedStyle(element);
  if (style.display === 'inline' || style.visibility === 'hidden') return false;
  if (['auto', 'scroll'].includes(style.overflowX) || style.textOverflow === 'ellipsis') return false;
  if (element.matches('input, textarea, select, option, svg, svg *, canvas') || element.clientWidth <= 1) return false;
  return style.overflowX !== 'visible' && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
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
        window.choose("language", locale).await;
        lang(&window, locale).await;
        for theme in ["light", "dark"] {
            window.choose("theme", theme).await;
            for page in PAGES {
                window.click(&format!("rail-{page}")).await;
                window.see(sign(page)).await;
                wide.extend(look(&window, page, &format!("{theme}-{locale}")).await);
            }
        }
    }
    assert_eq!(wide, Vec::<String>::new(), "nothing sticks out of the page, and no text is cut off");
    window.close().await;
}

/// What is only on this page.
fn sign(page: &str) -> &'static str {
    match page {
        "review" => "desk",
        "overview" => "track",
        "data" => "export-path",
        "models" => "model-row",
        "settings" => "settings-person",
        _ => "use-case-switcher",
    }
}

async fn lang(window: &Window<'_>, locale: &str) {
    window
        .until(&format!("the page in {locale}"), PATIENCE, async |web| {
            let html = web.find(By::Tag("html")).await?;
            Ok((html.attr("lang").await?.as_deref() == Some(locale)).then_some(()))
        })
        .await;
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
