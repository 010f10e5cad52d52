//! A program in a temporary folder, and the page's side of it.

use flow::model::{Cancel, Drafter, GenerateRequest, Generation, ModelError, ModelFacts, Token};
use flow::testing::ScriptedDrafter;
use flow::worker::{self, Presence, Ran};
use gait_app::shell::Shell;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{Manager, WebviewWindow};

/// What came over the channels: the channel's id and the message.
#[derive(Clone, Default)]
pub struct Heard(Arc<Ear>);

#[derive(Default)]
struct Ear {
    messages: Mutex<Vec<(u32, Value)>>,
    news: Condvar,
}

impl Heard {
    fn push(&self, channel: u32, message: Value) {
        self.0.messages.lock().unwrap().push((channel, message));
        self.0.news.notify_all();
    }

    pub fn on(&self, channel: u32) -> Vec<Value> {
        self.0.messages.lock().unwrap().iter().filter(|(id, _)| *id == channel).map(|(_, message)| message.clone()).collect()
    }

    /// Waits for a message on a channel that pleases.
    pub fn until(&self, channel: u32, what: &str, pleases: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        let mut all = self.0.messages.lock().unwrap();
        loop {
            if let Some((_, message)) = all.iter().find(|(id, message)| *id == channel && pleases(message)) {
                return message.clone();
            }
            assert!(start.elapsed() < Duration::from_secs(30), "waited in vain for {what}; heard {all:?}");
            all = self.0.news.wait_timeout(all, Duration::from_secs(1)).unwrap().0;
        }
    }

    pub fn forget(&self) {
        self.0.messages.lock().unwrap().clear();
    }
}

/// The page's side: it calls commands and hears what comes over the channels.
#[derive(Clone)]
pub struct Page {
    pub heard: Heard,
    window: WebviewWindow<MockRuntime>,
}

pub struct Place {
    pub folder: tempfile::TempDir,
    pub shell: Shell,
    pub page: Page,
    app: tauri::App<MockRuntime>,
}

impl std::ops::Deref for Place {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

pub const OURS: &str = "tauri://localhost";

impl Place {
    pub fn new() -> Self {
        Self::with(Arc::new(ScriptedDrafter::echo(0.9)))
    }

    pub fn with(drafter: Arc<dyn Drafter>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Self::at(folder, &data, drafter)
    }

    pub fn at(folder: tempfile::TempDir, data: &Path, drafter: Arc<dyn Drafter>) -> Self {
        let models = models(folder.path());
        let shell = Shell::with_drafter(data, Some(&models), drafter);
        let heard = Heard::default();
        let hears = heard.clone();
        let app = gait_app::configure(mock_builder(), shell.clone())
            .channel_interceptor(move |_, callback, _, body| {
                let message = match body {
                    InvokeResponseBody::Json(json) => serde_json::from_str(json).unwrap(),
                    InvokeResponseBody::Raw(bytes) => json!(bytes.len()),
                };
                hears.push(callback.0, message);
                true
            })
            .build(gait_app::context::<MockRuntime>())
            .unwrap();
        let config = app.config().app.windows[0].clone();
        let window = app
            .get_webview_window("main")
            .unwrap_or_else(|| tauri::WebviewWindowBuilder::from_config(app.handle(), &config).unwrap().build().unwrap());
        Self { folder, shell, page: Page { heard, window }, app }
    }

    pub fn data(&self) -> PathBuf {
        self.shell.folder().to_owned()
    }

    /// A window of another name, which somebody has got the program to open.
    pub fn second_window(&self) -> Page {
        let window = tauri::WebviewWindowBuilder::new(self.app.handle(), "second", tauri::WebviewUrl::default()).build().unwrap();
        Page { heard: Heard::default(), window }
    }

    /// The sample, drafted.
    pub fn sample(&self) -> i64 {
        let id = self.ok("sample_install", json!({}))["id"].as_i64().unwrap();
        self.draft_all();
        id
    }

    pub fn draft_all(&self) {
        let desk = self.shell.desk().unwrap();
        let presence = Presence::enter(&desk).unwrap();
        while worker::draft_one(&desk, self.shell.drafter(), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }
}

impl Page {
    /// Calls a command as the page does.
    pub fn ask(&self, command: &str, args: Value) -> Result<Value, Value> {
        self.ask_from(OURS, command, args)
    }

    pub fn ask_from(&self, origin: &str, command: &str, args: Value) -> Result<Value, Value> {
        let request = InvokeRequest {
            cmd: command.into(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: origin.parse().unwrap(),
            body: InvokeBody::Json(args),
            headers: tauri::http::HeaderMap::default(),
            invoke_key: INVOKE_KEY.into(),
        };
        get_ipc_response(&self.window, request).map(|body| match body {
            InvokeResponseBody::Json(json) => serde_json::from_str(&json).unwrap(),
            InvokeResponseBody::Raw(bytes) => json!(bytes.len()),
        })
    }

    /// Calls a command that must succeed.
    pub fn ok(&self, command: &str, args: Value) -> Value {
        self.ask(command, args).unwrap_or_else(|e| panic!("{command}: {e}"))
    }

    /// Calls a command that must fail with this code and a sentence.
    pub fn fails(&self, code: &str, command: &str, args: Value) -> String {
        let error = self.ask(command, args).expect_err(command);
        assert_eq!(error["code"], code, "{command}: {error}");
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(!message.is_empty() && !message.contains("Error {"), "{command}: {message:?}");
        message
    }

    pub fn next(&self, use_case: i64) -> Value {
        self.ok("item_next", json!({ "query": query(use_case, "waiting"), "exclude": [] }))
    }

    pub fn settings(&self, change: Value) {
        let mut settings = self.ok("app_status", json!({}))["settings"].clone();
        for (name, value) in change.as_object().unwrap() {
            settings[name] = value.clone();
        }
        self.ok("settings_save", json!({ "settings": settings }));
    }
}

pub fn query(use_case: i64, tab: &str) -> Value {
    json!({ "useCase": use_case, "tab": tab, "order": "priority", "slice": null, "text": "", "offset": 0, "limit": 50 })
}

pub fn decision(item: &Value, verdict: &str, text: Option<&str>) -> Value {
    let draft = item["drafts"].as_array().unwrap().last().unwrap()["id"].clone();
    let reasons: Vec<&str> = Vec::new();
    json!({ "decision": { "item": item["id"], "epoch": item["lease"]["epoch"], "draft": draft, "verdict": verdict, "text": text,
        "reasons": reasons, "note": null, "viewedMs": 1234.5, "found": { "order": "priority", "filtered": false, "picked": false } } })
}

/// As the page names a channel in its arguments.
pub fn channel(id: u32) -> String {
    format!("__CHANNEL__:{id}")
}

/// The repository's sample with a model file that only a scripted drafter reads.
fn models(folder: &Path) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/starter/sample");
    let models = folder.join("models");
    let to = models.join("starter/sample");
    std::fs::create_dir_all(&to).unwrap();
    for name in ["use_case.json", "requests.jsonl"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
    std::fs::write(models.join("starter/gait-starter-q8_0.gguf"), b"scripted").unwrap();
    models
}

/// Writes until it is stopped.
pub struct Endless;

impl Drafter for Endless {
    fn generate(&self, _: &GenerateRequest, cancel: &Cancel, on_token: &mut dyn FnMut(&Token)) -> Result<Generation, ModelError> {
        while !cancel.is_cancelled() {
            on_token(&Token { id: 0, text: "on and ".into(), logprob: 0.0, alternatives: Vec::new(), entropy: 0.0, micros: 0 });
            std::thread::yield_now();
        }
        Err(ModelError::Cancelled)
    }

    fn inspect(&self, path: &Path) -> Result<ModelFacts, ModelError> {
        ScriptedDrafter::echo(1.0).inspect(path)
    }
}
