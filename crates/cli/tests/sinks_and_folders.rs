//! What goes out and comes in by itself, on the command line: a webhook on this machine, a command, a watched folder.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::use_case::{Sink, SinkKind};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Clock, Desk, UseCaseId};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

fn gait(data: &Path, args: &[&str]) -> (i32, Value) {
    let out = Command::new(env!("CARGO_BIN_EXE_gait")).env("GAIT_DATA", data).arg("--json").args(args).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&out.stderr).into_owned()));
    (out.status.code().unwrap(), value)
}

/// Approves so many texts, which can go out at once.
fn approve(desk: &Desk, case: UseCaseId, n: u32) {
    let lines: Vec<String> = (0..n).map(|id| format!(r#"{{"id":"r{id}","message":"question {id}"}}"#)).collect();
    let path = desk.folder().join("in.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
    let source = Source::of(path);
    desk.import(case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    let presence = Presence::enter(desk).unwrap();
    while draft_one(desk, &ScriptedDrafter::echo(0.9), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    let filter = Filter::default();
    let query = QueueQuery {
        use_case: case,
        tab: Tab::Waiting,
        order: Order::Oldest,
        slice: None,
        text: String::new(),
        filter,
        offset: 0,
        limit: 1,
    };
    for _ in 0..n {
        let view = desk.next_item(&query, &[], &admin()).unwrap().unwrap();
        let input = DecisionInput {
            item: view.item.id,
            epoch: view.lease.as_ref().unwrap().epoch,
            draft: view.drafts.last().unwrap().id,
            verdict: Verdict::Approve,
            text: None,
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        desk.decide(&input, &admin()).unwrap();
    }
}

fn desk(data: &Path) -> Desk {
    let desk = Desk::open(data, Clock::system()).unwrap();
    let mut settings = desk.settings().unwrap();
    settings.undo_seconds = 0;
    desk.save_settings(&settings).unwrap();
    desk
}

/// Answers each letter with the next status, and passes on what came.
fn receiver(statuses: &'static [u16]) -> (u16, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for (status, stream) in statuses.iter().zip(listener.incoming()) {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            write!(stream, "HTTP/1.1 {status} Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            tell.send(serde_json::from_slice(&body).unwrap()).unwrap();
        }
    });
    (port, told)
}

#[test]
fn texts_go_to_a_webhook_that_is_on_the_list_and_what_is_refused_is_tried_again_by_a_person() {
    let data = TempDir::new().unwrap();
    let (port, told) = receiver(&[200, 200, 422, 200]);
    let origin = format!("http://127.0.0.1:{port}");
    let desk = desk(data.path());
    let (code, list) = gait(data.path(), &["allow", "--webhook", &origin]);
    assert_eq!((code, &list["webhooks"][0]), (0, &Value::from(origin.as_str())));
    let sink = Sink { kind: SinkKind::Webhook, path: format!("{origin}/in"), audience: None };
    let case = use_case(&desk, |input| input.sinks = vec![sink]).unwrap();

    let (_, sinks) = gait(data.path(), &["sinks", "list"]);
    let id = sinks[0]["id"].to_string();
    assert_eq!(gait(data.path(), &["sinks", "test", &id]), (0, serde_json::json!({ "arrived": true, "words": "it arrived" })));
    assert_eq!(told.recv().unwrap()["type"], "gait.test");
    let secret = gait(data.path(), &["sinks", "secret", &id]).1["secret"].as_str().unwrap().to_owned();
    assert_ne!(gait(data.path(), &["sinks", "secret", &id, "--rotate"]).1["secret"], secret.as_str());

    approve(&desk, case, 2);
    let (code, sent) = gait(data.path(), &["deliveries", "send"]);
    assert_eq!((code, &sent["delivered"], &sent["failed"]), (2, &Value::from(1), &Value::from(1)), "{sent}");
    let first = [told.recv().unwrap(), told.recv().unwrap()];
    let (code, left) = gait(data.path(), &["deliveries", "list"]);
    assert_eq!((code, &left[0]["state"]), (2, &Value::from("dead")), "{left}");
    let (code, again) = gait(data.path(), &["deliveries", "retry", "--all"]);
    assert_eq!((code, &again["delivered"]), (0, &Value::from(1)), "{again}");
    assert_eq!(told.recv().unwrap()["data"]["id"], first[1]["data"]["id"], "the same id");
    assert_eq!(gait(data.path(), &["deliveries", "list"]), (0, serde_json::json!([])));
    let (code, found) = gait(data.path(), &["allow", "--remove", &origin]);
    assert_eq!((code, &found["webhooks"]), (0, &serde_json::json!([])));
    let (_, doctor) = gait(data.path(), &["doctor"]);
    assert!(doctor.to_string().contains("has put on the list"), "the doctor says that it is no longer on the list: {doctor}");
}

#[cfg(unix)]
#[test]
fn texts_go_to_a_command_that_is_on_the_list() {
    use std::os::unix::fs::PermissionsExt;
    let data = TempDir::new().unwrap();
    let (program, out) = (data.path().join("send"), data.path().join("out"));
    std::fs::write(&program, format!("#!/bin/sh\n{{ echo \"$1 $GAIT_DELIVERY_ID\"; cat; }} >> '{}'\n", out.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.display().to_string();
    let desk = desk(data.path());
    assert_eq!(gait(data.path(), &["allow", "--command", &program]).0, 0);
    let sink = Sink { kind: SinkKind::Command, path: format!("{program}\n$(id)"), audience: None };
    let case = use_case(&desk, |input| input.sinks = vec![sink]).unwrap();
    approve(&desk, case, 1);
    assert_eq!(gait(data.path(), &["deliveries", "send"]).1["delivered"], 1);
    let got = std::fs::read_to_string(out).unwrap();
    assert!(got.starts_with("$(id) msg_") && got.ends_with("Re: question 0"), "{got:?}");
}

#[test]
fn a_watched_folder_is_read_to_its_end() {
    let (data, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let desk = desk(data.path());
    let case = use_case(&desk, |_| {}).unwrap();
    let folder = home.path().join("in");
    let (code, added) = gait(data.path(), &["folders", "add", folder.to_str().unwrap()]);
    assert_eq!((code, &added[0]["field"]), (0, &Value::from("message")), "what the template reads: {added}");
    std::fs::write(folder.join("a.csv"), "id,message\n1,one\n2,two\n").unwrap();
    std::fs::write(folder.join("b.csv"), "nothing\nx\n").unwrap();
    let (code, read) = gait(data.path(), &["watch", "--once"]);
    assert_eq!((code, read), (2, serde_json::json!({ "files": 2, "taken": 2, "known": 0, "rejected": 1 })));
    assert!(folder.join("done/a.csv").exists() && folder.join("rejected/b.csv.report.json").exists());
    let (code, refused) = gait(data.path(), &["folders", "add", data.path().to_str().unwrap()]);
    assert_eq!(code, 1, "{refused}");
    let (_, left) = gait(data.path(), &["folders", "remove", &added[0]["id"].to_string()]);
    assert_eq!(left, serde_json::json!([]));
    assert_eq!(desk.folders().unwrap(), []);
    assert_eq!(desk.use_case(case).unwrap().counts.of(flow::item::State::Received), 2);
}
