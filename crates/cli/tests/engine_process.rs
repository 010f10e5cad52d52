//! The engine's process, killed, starved and gone mad: the program that drafts goes on.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use engine::{Engine, EngineProcess};
use flow::intake::Source;
use flow::model::{Cancel, Drafter, GenerateRequest, Message, ModelError, ModelFile, Role, Sampling, Token, Urgency};
use flow::sample::{Sample, SampleLanguage};
use flow::worker::{Presence, Ran, Told, draft_waiting};
use flow::{Clock, Desk};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn starter() -> Sample {
    Sample { folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/starter") }
}

fn process() -> EngineProcess {
    EngineProcess::of_program(PathBuf::from(env!("CARGO_BIN_EXE_gait")))
}

fn request(max_tokens: u32) -> GenerateRequest {
    let path = starter().model_file().unwrap();
    let sha256 = Engine::start().inspect(&path).unwrap().sha256;
    let content = "Customer: Anna Weber\nSubject: \n\nWhere is my order FW-48213? It should have been here last week.";
    GenerateRequest {
        model: ModelFile { path, sha256 },
        messages: vec![Message { role: Role::User, content: content.to_owned() }],
        // Not greedy, so that equal texts say that the seed was kept.
        sampling: Sampling { temperature: 0.9, max_tokens, ..Sampling::default() },
        seed: 7,
        urgency: Urgency::Queue,
        constraint: None,
        forced: Vec::new(),
    }
}

fn send(engine: &EngineProcess, signal: Signal) -> bool {
    let Some(pid) = engine.process_id() else { return false };
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).is_ok()
}

/// A program that becomes `gait` in its own way.
fn program(folder: &TempDir, script: &str) -> EngineProcess {
    let path = folder.path().join("program");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    EngineProcess::of_program(path)
}

#[test]
fn a_killed_process_costs_time_and_no_token() {
    let request = request(60);
    let plain = Engine::start().generate(&request, &Cancel::default(), &mut |_| {}).unwrap();
    assert!(plain.tokens.len() > 10, "{plain:?}");
    let engine = process();
    let mut heard = Vec::new();
    let mut kills = 0;
    let result = engine.generate(&request, &Cancel::default(), &mut |token| {
        heard.push(token.clone());
        if heard.len() == 3 || heard.len() == 8 {
            kills += usize::from(send(&engine, Signal::KILL));
        }
    });
    let result = result.unwrap();
    assert_eq!(kills, 2);
    assert_eq!(result.text, plain.text);
    assert_eq!(untimed(&result.tokens), untimed(&plain.tokens));
    assert_eq!(untimed(&heard), untimed(&plain.tokens), "each token is told once");
}

#[test]
fn a_process_that_leaves_a_core_to_the_window_drafts_the_same_text() {
    let engine = process();
    let draft = || engine.generate(&request(40), &Cancel::default(), &mut |_| {}).unwrap();
    engine.leave_a_core_free(true);
    let with_one_less = draft();
    engine.leave_a_core_free(false);
    assert_eq!(untimed(&draft().tokens), untimed(&with_one_less.tokens));
    // A later child is told too.
    engine.leave_a_core_free(true);
    assert!(send(&engine, Signal::KILL));
    assert_eq!(untimed(&draft().tokens), untimed(&with_one_less.tokens));
}

/// All that a token says but how long it took.
fn untimed(tokens: &[Token]) -> Vec<Token> {
    tokens.iter().map(|token| Token { micros: 0, ..token.clone() }).collect()
}

#[test]
fn k15_a_request_that_ends_the_process_is_given_up_and_its_neighbours_are_not() {
    let engine = process();
    let (long, short) = (request(200), request(20));
    let ended = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let neighbours: Vec<_> =
            (0..3).map(|_| scope.spawn(|| engine.generate(&short, &Cancel::default(), &mut |_| {}).unwrap())).collect();
        let culprit = engine.generate(&long, &Cancel::default(), &mut |_| {
            ended.fetch_add(usize::from(send(&engine, Signal::ABORT)), Ordering::SeqCst);
        });
        assert!(matches!(&culprit, Err(ModelError::Crashed(words)) if words.contains("signal 6")), "{culprit:?}");
        let texts: Vec<String> = neighbours.into_iter().map(|neighbour| neighbour.join().unwrap().text).collect();
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    });
    assert!(ended.load(Ordering::SeqCst) >= 2);
    engine.generate(&short, &Cancel::default(), &mut |_| {}).unwrap();
}

/// The system's answer to reading what is no longer there: the same signal, sent by hand.
#[test]
fn h8_a_model_file_that_shrinks_while_it_is_mapped_costs_a_request_and_says_so() {
    let engine = process();
    let result = engine.generate(&request(60), &Cancel::default(), &mut |_| {
        send(&engine, Signal::BUS);
    });
    assert!(matches!(&result, Err(ModelError::Crashed(words)) if words.contains("changed or shrank")), "{result:?}");
    engine.generate(&request(5), &Cancel::default(), &mut |_| {}).unwrap();
}

#[test]
fn k15_what_is_too_large_for_the_memory_it_may_take_ends_the_process_alone() {
    let folder = TempDir::new().unwrap();
    let engine = program(&folder, &format!("exec env GAIT_ENGINE_MEMORY=9000000 {} \"$@\"", env!("CARGO_BIN_EXE_gait")));
    let result = engine.generate(&request(20), &Cancel::default(), &mut |_| {});
    assert!(matches!(result, Err(ModelError::Crashed(_) | ModelError::Engine(_) | ModelError::Unusable { .. })), "{result:?}");
}

#[test]
fn a_program_that_is_no_engine_is_a_sentence() {
    let folder = TempDir::new().unwrap();
    for script in ["echo hello; exec sleep 5", "exit 3", "cat"] {
        let engine = program(&folder, script);
        let result = engine.generate(&request(5), &Cancel::default(), &mut |_| {});
        assert!(matches!(result, Err(ModelError::Crashed(_))), "{script}: {result:?}");
        let result = engine.inspect(Path::new("none.gguf"));
        assert!(matches!(result, Err(ModelError::Unusable { .. })), "{script}: {result:?}");
    }
    let result = EngineProcess::of_program(folder.path().join("none")).generate(&request(5), &Cancel::default(), &mut |_| {});
    assert!(matches!(result, Err(ModelError::Engine(_))), "{result:?}");
}

#[test]
fn cancel_comes_through_and_the_process_ends_with_its_last_handle() {
    let engine = process();
    let cancel = Cancel::default();
    let result = engine.generate(&request(400), &cancel, &mut |_| cancel.cancel());
    assert_eq!(result, Err(ModelError::Cancelled));
    let pid = Pid::from_raw(i32::try_from(engine.process_id().unwrap()).unwrap()).unwrap();
    drop(engine);
    let begun = Instant::now();
    while rustix::process::test_kill_process(pid).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the process stays");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Drafts requests while the process is killed `times` times, at moments spread over the work.
fn drafted_under_fire(times: usize) {
    let data = TempDir::new().unwrap();
    let desk = Desk::open(data.path(), Clock::system()).unwrap();
    let person = desk.settings().unwrap().who();
    let engine = process();
    let presence = Presence::enter(&desk).unwrap();
    let case = desk.install_sample(&engine, &starter(), SampleLanguage::English, &person).unwrap();
    let (mut killed, mut round) = (0, 0);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    while killed < times {
        round += 1;
        let file = data.path().join("more.jsonl");
        let lines: String =
            (0..40).map(|n| format!("{{\"id\":\"{round}-{n}\",\"message\":\"Where is my order FW-{round}{n:04}?\"}}\n")).collect();
        std::fs::write(&file, lines).unwrap();
        let source = Source::of(file);
        let mapping = flow::intake::preview(&source).unwrap().mapping;
        desk.import(case, &source, &mapping, &person, &Cancel::default(), &mut |_| {}).unwrap();
        let (done, drafted) = (AtomicBool::new(false), AtomicUsize::new(0));
        let trouble = Mutex::new(Vec::new());
        let shots = std::thread::scope(|scope| {
            let sniper = scope.spawn(|| {
                let (mut shots, mut seen) = (0, 0);
                while !done.load(Ordering::SeqCst) && killed + shots < times {
                    // At a random moment after some item was drafted: what is killed again and again is given up, rightly.
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    std::thread::sleep(Duration::from_millis((random >> 33) % 600));
                    if drafted.load(Ordering::SeqCst) > seen && send(&engine, Signal::KILL) {
                        shots += 1;
                        seen = drafted.load(Ordering::SeqCst);
                    }
                }
                shots
            });
            draft_waiting(&desk, &engine, &presence, &Cancel::default(), 4, None, &|told| match told {
                Told::Ran(Ran::Drafted(_)) => drop(drafted.fetch_add(1, Ordering::SeqCst)),
                Told::Ran(ran @ (Ran::Failed(..) | Ran::PutBack(..))) => trouble.lock().unwrap().push(ran),
                Told::Ran(Ran::Idle) | Told::Token => {}
            })
            .unwrap();
            done.store(true, Ordering::SeqCst);
            sniper.join().unwrap()
        });
        killed += shots;
        let trouble = trouble.into_inner().unwrap();
        assert!(trouble.is_empty(), "no item is put back or given up: {trouble:?}");
    }
    drop(desk);
    let db = rusqlite::Connection::open(data.path().join("gait.db")).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let items = count("SELECT count(*) FROM item");
    assert!(items >= 40);
    assert_eq!(count("SELECT count(DISTINCT item) FROM draft"), items, "every item is drafted");
    assert_eq!(count("SELECT count(*) FROM draft"), items, "and once");
    assert_eq!(count("SELECT count(*) FROM item WHERE state IN ('received', 'drafting', 'failed')"), 0);
    println!("{killed} kills, {items} items drafted once each");
}

#[test]
fn k15_every_item_is_drafted_once_however_often_the_process_is_killed() {
    drafted_under_fire(8);
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
#[ignore = "cargo xtask proof kills"]
fn kills_at_random_times() {
    drafted_under_fire(usize::try_from(from_environment("GAIT_KILLS", 200)).unwrap());
}

#[test]
#[ignore = "cargo xtask proof soak"]
fn memory_stays_flat() {
    let minutes = from_environment("GAIT_SOAK_MINUTES", 1);
    let engine = process();
    let (done, drafts, tokens) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", engine.process_id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    };
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        for hand in 0..8_u64 {
            let (engine, done, drafts, tokens) = (&engine, &done, &drafts, &tokens);
            scope.spawn(move || {
                for n in 0.. {
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    // Prompts and answers of many lengths; some share a beginning, some are given up in the middle.
                    let mut request = request(u32::try_from(10 + (n * 37 + hand * 11) % 150).unwrap());
                    request.seed = n * 8 + hand;
                    if let Some(last) = request.messages.last_mut() {
                        let words = usize::try_from((n * 13 + hand * 29) % 60).unwrap();
                        last.content.push_str(&format!("\n{}", format!("It is {n}. ").repeat(words)));
                    }
                    let cancel = Cancel::default();
                    let mut heard = 0;
                    let made = engine.generate(&request, &cancel, &mut |_| {
                        heard += 1;
                        if n % 17 == 3 && heard == 5 {
                            cancel.cancel();
                        }
                    });
                    assert!(matches!(made, Ok(_) | Err(ModelError::Cancelled)), "{made:?}");
                    drafts.fetch_add(1, Ordering::SeqCst);
                    tokens.fetch_add(heard, Ordering::SeqCst);
                }
            });
        }
        for minute in 1..=minutes {
            std::thread::sleep(Duration::from_secs(60));
            seen.push(resident());
            let (drafts, tokens) = (drafts.load(Ordering::SeqCst), tokens.load(Ordering::SeqCst));
            println!("minute {minute}: {} MiB, {drafts} drafts, {tokens} tokens", seen.last().unwrap());
        }
        done.store(true, Ordering::SeqCst);
    });
    // The first third may still fill buffers and shared beginnings.
    let (middle, last) = (seen.len() / 3, seen.len() * 2 / 3);
    let most = |part: &[u64]| part.iter().copied().max();
    if let (Some(before), Some(after)) = (most(&seen[middle..last]), most(&seen[last..])) {
        assert!(after <= before + before / 20 + 4, "{before} MiB, then {after} MiB: {seen:?}");
    }
}
