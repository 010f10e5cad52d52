//! The real program on real files, the starter model included.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn gait(data: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gait")).env("GAIT_DATA", data).env("GAIT_MODELS", models()).args(args).output().unwrap()
}

fn json(data: &Path, args: &[&str]) -> (i32, Value) {
    let out = gait(data, &[&["--json"], args].concat());
    let text = String::from_utf8(out.stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&out.stderr)));
    (out.status.code().unwrap(), value)
}

#[test]
fn requests_are_imported_drafted_by_the_starter_model_and_shown() {
    let data = TempDir::new().unwrap();
    assert!(gait(data.path(), &["sample"]).status.success());
    let (code, cases) = json(data.path(), &["use-cases"]);
    assert_eq!((code, &cases[0]["level"]), (0, &Value::from("crawl")));
    let waiting = cases[0]["items"]["received"].as_i64().unwrap();
    assert!(waiting >= 20, "the sample has requests: {cases}");

    let file = data.path().join("more.csv");
    std::fs::write(&file, "id,message\nx1,\"Hello, where is my order FW-12345?\"\nx2\n").unwrap();
    let (code, report) = json(data.path(), &["import", file.to_str().unwrap()]);
    assert_eq!(
        (code, &report["accepted"], &report["rejects"][0]["line"]),
        (2, &Value::from(1), &Value::from(3)),
        "a part was rejected: {report}"
    );

    let (code, drafted) = json(data.path(), &["draft", "--limit", "2"]);
    assert_eq!((code, &drafted["drafted"], &drafted["failed"]), (0, &Value::from(2), &Value::from(0)), "{drafted}");
    let (_, queue) = json(data.path(), &["queue"]);
    assert_eq!(queue["total"], 2);
    let confidence = queue["items"][0]["confidence"].as_f64().unwrap();
    assert!(confidence > 0.0 && confidence <= 1.0);

    let (code, found) = json(data.path(), &["doctor"]);
    assert_eq!(code, 0, "{found}");
    let out = data.path().join("sft.jsonl");
    let (code, report) = json(data.path(), &["export", out.to_str().unwrap()]);
    assert_eq!((code, &report["rows"]), (0, &Value::from(0)), "nothing is decided yet");
    assert!(out.exists());
}

#[test]
fn what_cannot_be_done_is_said_in_a_sentence_and_by_the_exit_code() {
    let data = TempDir::new().unwrap();
    let check = |args: &[&str], says: &str| {
        let out = gait(data.path(), args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    };
    check(&["import", "/nowhere/x.csv"], "it is not there");
    check(&["queue"], "there is no use case yet");
    std::fs::write(data.path().join("empty.csv"), "").unwrap();
    check(&["import", data.path().join("empty.csv").to_str().unwrap()], "empty");
    let foreign = TempDir::new().unwrap();
    std::fs::write(foreign.path().join("gait.db"), "a letter, not a database").unwrap();
    check(&["--data", foreign.path().to_str().unwrap(), "doctor"], "not a Gait database");
}

#[test]
fn what_a_terminal_would_obey_is_shown_as_numbers() {
    let data = TempDir::new().unwrap();
    assert!(gait(data.path(), &["sample"]).status.success());
    let file = data.path().join("hostile.jsonl");
    std::fs::write(&file, "{\"id\":\"h\",\"message\":\"\\u001b[2J\\u202eevil\"}\n").unwrap();
    assert!(gait(data.path(), &["import", file.to_str().unwrap()]).status.success());
    let out = gait(data.path(), &["queue", "--tab", "drafting", "--text", "evil"]);
    let shown = String::from_utf8(out.stdout).unwrap();
    assert!(shown.contains("<U+001B>[2J<U+202E>evil"), "{shown:?}");
}

#[test]
fn i2_an_export_writes_over_nothing_unless_it_is_told_to() {
    let (data, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    assert!(gait(data.path(), &["sample"]).status.success());
    let mine = files.path().join("mine.txt");
    std::fs::write(&mine, "a letter").unwrap();
    let mut there = vec![mine.clone()];
    if cfg!(unix) {
        let link = files.path().join("link.jsonl");
        #[cfg(unix)]
        std::os::unix::fs::symlink(files.path().join("nowhere"), &link).unwrap();
        there.push(link);
    }
    for path in there {
        let out = gait(data.path(), &["export", path.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(1) && said.contains("is there already") && said.contains("--force"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "a letter");
    assert!(gait(data.path(), &["export", "--force", mine.to_str().unwrap()]).status.success());
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "");
}

#[test]
fn k16_the_loudest_log_holds_no_text_no_secret_and_no_line_of_somebody_elses_making() {
    let data = TempDir::new().unwrap();
    let mut logs = String::new();
    let mut loud = |args: &[&str]| {
        let gait = Command::new(env!("CARGO_BIN_EXE_gait"))
            .env("GAIT_DATA", data.path())
            .env("GAIT_MODELS", models())
            .env("GAIT_LOG", "trace")
            .args(args)
            .output()
            .unwrap();
        assert!(gait.status.success(), "{args:?}: {}", String::from_utf8_lossy(&gait.stderr));
        logs.push_str(&String::from_utf8_lossy(&gait.stderr));
        String::from_utf8(gait.stdout).unwrap()
    };
    loud(&["sample"]);
    let file = data.path().join("odd\n2026-11-26T00:00:00Z  INFO admin approved all.jsonl");
    std::fs::write(&file, "{\"id\":\"s\",\"message\":\"My word is zanzibarquince.\"}\n").unwrap();
    loud(&["import", file.to_str().unwrap()]);
    loud(&["draft", "--limit", "1"]);
    loud(&["queue", "--tab", "all", "--text", "zanzibarquince"]);
    let token = loud(&["--json", "token", "create", "shop"]);
    let token: Value = serde_json::from_str(&token).unwrap();
    let secret = token.as_object().unwrap().values().filter_map(Value::as_str).max_by_key(|text| text.len()).unwrap();
    loud(&["token", "list"]);
    assert!(secret.len() > 20, "{token}");
    assert!(logs.contains("the engine's process was started"), "it is loud: {logs}");
    assert!(!logs.contains("zanzibarquince") && !logs.contains(secret), "{logs}");
    assert!(!logs.lines().any(|line| line.starts_with("2026-11-26T00:00:00Z  INFO admin")), "{logs}");
    let kept: Vec<_> =
        std::fs::read_dir(data.path()).unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(!kept.iter().any(|name| name.ends_with(".log")), "nothing that grows is kept: {kept:?}");
}

#[test]
fn models_are_added_measured_verified_and_removed() {
    let (data, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let own = files.path().join("own.gguf");
    std::fs::copy(models().join("starter/gait-starter-q8_0.gguf"), &own).unwrap();
    let path = own.to_str().unwrap();
    let (code, look) = json(data.path(), &["model", "inspect", path]);
    assert_eq!((code, &look["architecture"]), (0, &Value::from("llama")), "{look}");
    assert!(look["in_words"].as_str().unwrap().contains("a tiny model"), "{look}");
    let (code, added) = json(data.path(), &["model", "add", path]);
    let name = added["name"].as_str().unwrap();
    assert_eq!((code, &added["starter"], &added["measured"]), (0, &Value::from(false), &Value::Null), "{added}");

    let (code, measured) = json(data.path(), &["model", "measure", name]);
    assert_eq!((code, &measured["together"]), (0, &Value::from(8)), "{measured}");
    assert!(measured["tokens_per_second"].as_f64().unwrap() > 1.0 && measured["drafts_per_minute"].as_f64().unwrap() > 0.1, "{measured}");
    let prompt = measured["prompt_tokens"].as_i64().unwrap();
    assert!((100..400).contains(&prompt), "about 200 tokens: {prompt}");
    if cfg!(target_os = "linux") {
        assert!(measured["peak_bytes"].as_u64().unwrap() > 5_000_000, "{measured}");
    }
    let (_, listed) = json(data.path(), &["model", "list"]);
    assert_eq!(listed[0]["measured"]["figures"], measured, "it stays with the model");
    let shown = String::from_utf8(gait(data.path(), &["model", "list"]).stdout).unwrap();
    assert!(shown.contains("drafts a minute") && shown.contains("Licence"), "{shown}");

    assert_eq!(json(data.path(), &["model", "verify", "1"]).1["same"], true);
    let mut bytes = std::fs::read(&own).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&own, &bytes).unwrap();
    let (code, found) = json(data.path(), &["model", "verify", name]);
    assert_eq!((code, &found["same"]), (2, &Value::from(false)), "{found}");
    let refused = gait(data.path(), &["model", "remove", "1", "--delete-file", "--yes"]);
    assert_eq!(refused.status.code(), Some(1), "a file that is another one now is not deleted");
    bytes[last] ^= 1;
    std::fs::write(&own, &bytes).unwrap();
    assert_eq!(json(data.path(), &["model", "verify", name]).1["same"], true);

    let asks = gait(data.path(), &["model", "remove", name, "--delete-file"]);
    assert!(String::from_utf8_lossy(&asks.stderr).contains("own.gguf") && own.exists(), "nobody said yes");
    let packed = own.with_file_name("own.gguf.gait-packed");
    std::fs::write(&packed, "as if it were large").unwrap();
    let (code, gone) = json(data.path(), &["model", "remove", name, "--delete-file", "--yes"]);
    assert_eq!((code, &gone["file_deleted"]), (0, &Value::from(true)), "{gone}");
    assert!(!own.exists() && !packed.exists());
}

#[test]
fn nothing_is_downloaded_while_the_hub_is_off() {
    let data = TempDir::new().unwrap();
    let out = gait(data.path(), &["model", "download", "mina/small/small.gguf"]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains("switched off") && said.contains("--on"), "{said}");
    assert_eq!(json(data.path(), &["model", "hub"]).1["on"], false);
    let (_, on) = json(data.path(), &["model", "hub", "--on", "--address", "http://127.0.0.1:9"]);
    assert_eq!((&on["on"], &on["address"]), (&Value::from(true), &Value::from("http://127.0.0.1:9")));
    let wrong = gait(data.path(), &["model", "download", "small.gguf"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("owner/repository/file.gguf"));
    assert_eq!(json(data.path(), &["model", "hub", "--off"]).1["on"], false);
}

#[test]
fn a_level_is_raised_on_evidence_or_marked_and_what_it_rests_on_is_shown() {
    let data = TempDir::new().unwrap();
    assert!(gait(data.path(), &["sample"]).status.success());
    let refused = gait(data.path(), &["level", "raise", "--to", "walk", "--reason", "why not"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("evidence for walk") && said.contains("96 more clean decisions"), "{said}");
    let nameless = gait(data.path(), &["level", "override", "--to", "walk"]);
    assert!(String::from_utf8_lossy(&nameless.stderr).contains("why the level is raised"));

    let (code, raised) = json(data.path(), &["level", "override", "--to", "walk", "--reason", "a trial"]);
    assert_eq!((code, &raised["level"], &raised["moves"][0]["overridden"]), (0, &Value::from("walk"), &Value::from(true)), "{raised}");
    assert_eq!(raised["moves"][0]["evidence"][0]["all"]["counted"], 0, "with the evidence that it went without");
    let wrong_way = gait(data.path(), &["level", "raise", "--to", "crawl"]);
    assert!(String::from_utf8_lossy(&wrong_way.stderr).contains("gait level lower"));
    let (_, lowered) = json(data.path(), &["level", "lower", "--to", "crawl"]);
    assert_eq!((&lowered["level"], lowered["moves"].as_array().unwrap().len()), (&Value::from("crawl"), 2));
    let shown = String::from_utf8(gait(data.path(), &["level", "show"]).stdout).unwrap();
    assert!(shown.contains("without the evidence"), "marked for ever: {shown}");

    let (_, evidence) = json(data.path(), &["evidence"]);
    assert_eq!((&evidence["steps"][0]["to"], &evidence["steps"][0]["allows"]), (&Value::from("walk"), &Value::from(false)), "{evidence}");
    let (code, audits) = json(data.path(), &["audits"]);
    assert_eq!((code, &audits["open"], &audits["share"]), (0, &Value::from(0), &Value::from(0.1)), "{audits}");
    let (_, replay) = json(data.path(), &["replay", "--level", "walk", "--threshold", "0.5", "--audit-share", "0.1"]);
    assert_eq!((&replay["judged"], &replay["items"]), (&Value::from(0), &Value::from(Vec::<Value>::new())));
    let (_, reviewers) = json(data.path(), &["reviewers"]);
    assert_eq!((&reviewers["golds"]["seeded"], &reviewers["agreement"]["pairs"]), (&Value::from(0), &Value::from(0)), "{reviewers}");
    assert_eq!(json(data.path(), &["notices"]).1, Value::from(Vec::<Value>::new()));
    for (args, says) in
        [(["calibrate"].as_slice(), "at least 50"), (&["seed", "--count", "3"], "accepted drafts"), (&["notices", "--seen", "9"], "9")]
    {
        let out = gait(data.path(), args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
    }
    for args in [["evidence"].as_slice(), &["audits"], &["reviewers"], &["notices"], &["replay", "--level", "walk"]] {
        let out = gait(data.path(), args);
        assert!(out.status.success() && !out.stdout.is_empty(), "{args:?} for people: {}", String::from_utf8_lossy(&out.stderr));
    }
}

/// Signals need a system that has them.
#[cfg(target_os = "linux")]
#[test]
fn d1_the_local_api_is_served_until_it_is_told_to_end_and_no_token_and_no_text_is_logged() {
    use std::io::{BufRead, BufReader, Read, Write};
    let data = TempDir::new().unwrap();
    assert!(gait(data.path(), &["sample"]).status.success());
    let (_, cases) = json(data.path(), &["use-cases"]);
    let made = gait(data.path(), &["token", "create", "shop", "--scopes", "submit,read"]);
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert!(token.starts_with("gait_"), "{token}");

    let mut serving = Command::new(env!("CARGO_BIN_EXE_gait"))
        .env("GAIT_DATA", data.path())
        .env("GAIT_LOG", "trace")
        .args(["serve", "--port", "0", "--no-drafting"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(serving.stderr.take().unwrap());
    let mut log = String::new();
    let address = loop {
        let from = log.len();
        assert!(told.read_line(&mut log).unwrap() > 0, "it ended: {log}");
        if let Some((_, rest)) = log[from..].split_once("listens on http://") {
            break rest.split(';').next().unwrap().to_owned();
        }
    };
    let body =
        serde_json::json!({ "use_case": cases[0]["name"], "items": [{ "id": "A-1", "fields": { "message": "A secret question" } }] });
    let body = body.to_string();
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let head = format!("POST /v1/items HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n");
    write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");

    let whom = rustix::process::Pid::from_child(&serving);
    rustix::process::kill_process(whom, rustix::process::Signal::TERM).unwrap();
    told.read_to_string(&mut log).unwrap();
    assert!(serving.wait().unwrap().success(), "it ends in order: {log}");
    assert!(log.contains("has ended"), "{log}");
    assert!(!log.contains(&token[14..]) && !log.contains("secret question"), "{log}");
    let (_, known) = json(data.path(), &["queue", "--tab", "all", "--text", "secret question"]);
    assert_eq!(known["total"], 1, "what was acknowledged is there");
}

#[test]
fn backups_are_made_listed_and_put_back_from_the_command_line() {
    let data = TempDir::new().unwrap();
    assert!(gait(data.path(), &["sample"]).status.success());
    let (code, made) = json(data.path(), &["backup", "make"]);
    assert_eq!(code, 0, "{made}");
    let name = made["name"].as_str().unwrap().to_owned();
    let file = data.path().join("more.jsonl");
    std::fs::write(&file, "{\"message\":\"One more\"}\n").unwrap();
    json(data.path(), &["import", file.to_str().unwrap()]);
    let (code, said) = json(data.path(), &["backup", "restore", &name]);
    assert_eq!((code, &said["loss"]["items"]), (2, &Value::from(1)), "without --yes it only says: {said}");
    let (code, done) = json(data.path(), &["backup", "restore", &name, "--yes"]);
    assert_eq!(code, 0, "{done}");
    let (_, all) = json(data.path(), &["backup", "list"]);
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
    assert_eq!(json(data.path(), &["doctor"]).0, 0);
    // What a start refuses can be put back, or accepted.
    std::fs::write(data.path().join("gait.db"), "something else").unwrap();
    assert_eq!(gait(data.path(), &["backup", "restore", &name]).status.code(), Some(1));
    assert!(gait(data.path(), &["backup", "restore", &name, "--yes"]).status.success());
    assert_eq!(json(data.path(), &["doctor"]).0, 0);
    std::fs::remove_file(data.path().join("gait.db")).unwrap();
    assert_eq!(gait(data.path(), &["queue"]).status.code(), Some(1), "nothing is begun anew by itself");
    assert!(gait(data.path(), &["backup", "accept"]).status.success());
}
