//! The program's window: what a person sees in it and does to it.
//!
//! Invariant: everything is found by `data-testid` and waited for; a wait that fails leaves a picture and the page's
//! text behind.

use crate::driver::{Driver, signal};
use crate::place::{Place, target};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;

/// How long a busy machine may take for what is at once on an idle one.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Window<'a> {
    pub place: &'a Place,
    pub web: WebDriver,
    _driver: Driver,
}

impl<'a> Window<'a> {
    /// Starts the program.
    ///
    /// # Panics
    /// When it does not start; what it printed is shown.
    pub async fn open(place: &'a Place) -> Self {
        assert!(std::env::var_os("DISPLAY").is_some(), "no screen: `cargo xtask test --only window` brings a virtual one");
        let driver = Driver::start(place);
        let mut capabilities = Capabilities::new();
        capabilities
            .set("webkitgtk:browserOptions", serde_json::json!({ "binary": place.start(), "args": [] }))
            .expect("a capability can be set");
        let session =
            WebDriver::builder(format!("http://127.0.0.1:{}", driver.port), capabilities).request_timeout(Duration::from_secs(60));
        match session.connect().await {
            Ok(web) => Self { place, web, _driver: driver },
            Err(error) => panic!("the program did not start: {error}\n{}", tail(place)),
        }
    }

    /// Waits until `look` finds something.
    ///
    /// # Panics
    /// When it does not within `limit`.
    pub async fn until<T>(&self, what: &str, limit: Duration, look: impl AsyncFn(&WebDriver) -> WebDriverResult<Option<T>>) -> T {
        let start = Instant::now();
        loop {
            let last = match look(&self.web).await {
                Ok(Some(found)) => return found,
                Ok(None) => None,
                // Not there yet, or replaced while we looked.
                Err(error) => Some(error),
            };
            if start.elapsed() > limit {
                self.give_up(what, last).await;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn give_up(&self, what: &str, last: Option<WebDriverError>) -> ! {
        let picture = self.shot(&format!("FAILED-{}", self.place.name())).await;
        let text = match self.web.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        let last = last.map(|error| format!("\nlast answer: {error}")).unwrap_or_default();
        panic!(
            "waited in vain for: {what}{last}\npicture: {}\n--- on the screen\n{text}\n--- printed\n{}",
            picture.display(),
            tail(self.place)
        );
    }

    /// The element with this test id, once it can be seen.
    pub async fn see(&self, id: &str) -> WebElement {
        self.see_within(id, PATIENCE).await
    }

    pub async fn see_within(&self, id: &str, limit: Duration) -> WebElement {
        self.until(&format!("`{id}` on the screen"), limit, async |web| {
            let element = web.find(By::Testid(id)).await?;
            Ok(element.is_displayed().await?.then_some(element))
        })
        .await
    }

    pub async fn sees(&self, id: &str) -> bool {
        match self.web.find(By::Testid(id)).await {
            Ok(element) => element.is_displayed().await.unwrap_or(false),
            Err(_) => false,
        }
    }

    /// Waits until it is away.
    pub async fn gone(&self, id: &str) {
        self.until(&format!("`{id}` to go away"), PATIENCE, async |web| {
            for element in web.find_all(By::Testid(id)).await? {
                if element.is_displayed().await? {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await;
    }

    pub async fn click(&self, id: &str) {
        self.until(&format!("`{id}` to be clicked"), PATIENCE, async |web| {
            let element = web.find(By::Testid(id)).await?;
            if !element.is_enabled().await? {
                return Ok(None);
            }
            // The driver's own scrolling does not reach what lies above in a page with a scroll padding.
            element.scroll_into_view().await?;
            element.click().await.map(Some)
        })
        .await;
    }

    pub async fn text(&self, id: &str) -> String {
        self.until(&format!("the text of `{id}`"), PATIENCE, async |web| web.find(By::Testid(id)).await?.text().await.map(Some)).await
    }

    /// Waits until the text of `id` pleases.
    pub async fn text_where(&self, id: &str, what: &str, limit: Duration, pleases: impl Fn(&str) -> bool) -> String {
        self.until(&format!("`{id}`: {what}"), limit, async |web| {
            let text = web.find(By::Testid(id)).await?.text().await?;
            Ok(pleases(&text).then_some(text))
        })
        .await
    }

    /// What is in a text field.
    pub async fn value(&self, id: &str) -> String {
        self.until(&format!("the content of `{id}`"), PATIENCE, async |web| web.find(By::Testid(id)).await?.value().await).await
    }

    pub async fn value_where(&self, id: &str, what: &str, limit: Duration, pleases: impl Fn(&str) -> bool) -> String {
        self.until(&format!("`{id}`: {what}"), limit, async |web| {
            let value = web.find(By::Testid(id)).await?.value().await?.unwrap_or_default();
            Ok(pleases(&value).then_some(value))
        })
        .await
    }

    /// Replaces what is in a text field, key by key.
    pub async fn fill(&self, id: &str, text: &str) {
        let element = self.see(id).await;
        element.clear().await.unwrap_or_else(|error| panic!("`{id}` cannot be cleared: {error}"));
        element.send_keys(text).await.unwrap_or_else(|error| panic!("`{id}` cannot be typed into: {error}"));
    }

    /// Chooses an option of a select by its value.
    pub async fn choose(&self, id: &str, value: &str) {
        self.until(&format!("`{value}` in `{id}`"), PATIENCE, async |web| {
            let select = web.find(By::Testid(id)).await?;
            // Not under a bar that stays at the window's edge.
            select.scroll_into_view().await?;
            select.find(By::Css(format!("option[value=\"{value}\"]"))).await?.click().await?;
            Ok((select.value().await?.as_deref() == Some(value)).then_some(()))
        })
        .await;
    }

    /// Keys for whatever has the focus; a line break is the Enter key.
    pub async fn keys(&self, keys: &str) {
        self.web
            .action_chain()
            .send_keys(keys.replace('\n', &Key::Enter.value().to_string()))
            .perform()
            .await
            .unwrap_or_else(|error| panic!("keys cannot be pressed: {error}"));
    }

    /// A key that is no letter.
    pub async fn press(&self, key: Key) {
        self.keys(&key.value().to_string()).await;
    }

    /// A key while another one is held.
    pub async fn key_with(&self, held: Key, key: impl Into<char>) {
        let chain = self.web.action_chain().key_down(held.clone()).send_keys(key.into().to_string()).key_up(held);
        chain.perform().await.unwrap_or_else(|error| panic!("keys cannot be pressed: {error}"));
    }

    /// A value from the page, read by a script that changes nothing.
    pub async fn read<T: serde::de::DeserializeOwned>(&self, script: &str) -> T {
        let answer = self.web.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"));
        answer.convert().unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Takes a picture into `<target>/e2e-shots/`.
    pub async fn shot(&self, name: &str) -> PathBuf {
        let folder = target().join("e2e-shots");
        std::fs::create_dir_all(&folder).expect("the build folder can be written");
        let path = folder.join(format!("{name}.png"));
        // WebKitGTK takes the picture when something is painted next, and on a page at rest nothing is.
        let paint = "let left = 60; const next = () => {
            document.body.style.outline = left % 2 ? '1px solid transparent' : '';
            if (left-- > 0) setTimeout(next, 16);
        }; next();";
        self.web.execute(paint, Vec::new()).await.ok();
        if let Err(error) = self.web.screenshot(&path).await {
            eprintln!("no picture {name}: {error}");
        }
        path
    }

    /// Closes the window, as a person does, and waits until the program has ended.
    pub async fn close(self) {
        // The answer may be lost with the program that gives it.
        self.web.close_window().await.ok();
        let start = Instant::now();
        while !self.place.processes().is_empty() {
            assert!(start.elapsed() < PATIENCE, "the window was closed, but the program did not end\n{}", tail(self.place));
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// `kill -9`: the program has no time for anything.
    pub async fn kill(self) {
        let processes = self.place.processes();
        assert!(!processes.is_empty(), "there is a program to kill");
        for process in processes {
            signal("-KILL", &process.to_string());
        }
        let start = Instant::now();
        while !self.place.processes().is_empty() {
            assert!(start.elapsed() < PATIENCE, "the program is dead");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        // The session ends with the driver, which is killed next; to end it by a request would wait a minute for nobody.
        self.web.clone().leak().ok();
    }
}

/// The end of what the program printed.
fn tail(place: &Place) -> String {
    let text = std::fs::read_to_string(place.log()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
