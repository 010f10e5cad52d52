//! More than can be kept.

use super::place::{ask, config, connect, items, place, place_with, read_head};
use serde_json::json;
use serve::Config;
use std::io::{BufReader, Write};
use std::sync::Mutex;

#[test]
fn d12_who_asks_too_much_is_told_when_and_all_that_was_acknowledged_is_there() {
    let p = place_with(true, &Config { per_second: 5, ..config() });
    let replies = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..10 {
            let (p, replies) = (&p, &replies);
            scope.spawn(move || {
                for n in 0..100 {
                    let reply = p.post("/v1/items", &items(&[(&format!("{worker}-{n}"), "Where?")]));
                    replies.lock().unwrap().push(reply);
                }
            });
        }
    });
    let replies = replies.into_inner().unwrap();
    let taken = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(p.count(), i64::try_from(taken).unwrap(), "as many rows as acknowledgements");
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!(taken + refused.len(), 1_000, "nothing else was answered");
    assert!(!refused.is_empty() && taken >= 5, "{taken} of 1,000 were taken");
    assert!(refused.iter().all(|reply| reply.header("retry-after") == Some("1") && reply.code() == "too_many"), "{:?}", refused[0]);
}

#[test]
fn d12_a_thousand_inserts_at_once_are_all_answered() {
    let p = place();
    let statuses: Vec<Option<u16>> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..250)
            .map(|worker| {
                let p = &p;
                scope.spawn(move || {
                    (0..4)
                        .map(|n| {
                            let posted = p.posted("/v1/items", &items(&[(&format!("{worker}-{n}"), "Where?")]), &[]);
                            ask(p.address(), posted.as_bytes()).map(|reply| reply.status)
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        asked.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let taken = statuses.iter().filter(|status| **status == Some(201)).count();
    assert_eq!(p.count(), i64::try_from(taken).unwrap(), "as many rows as acknowledgements");
    assert!(statuses.iter().all(|status| matches!(status, Some(201 | 429))), "{statuses:?}");
    assert!(taken > 0);
}

#[test]
fn d12_who_waits_for_an_answer_holds_nothing_of_what_was_asked() {
    let p = place();
    let mut body = json!({ "model": "Replies", "messages": [{ "role": "user", "content": "Where?" }], "stream": true });
    body["metadata"] = json!({ "x": "x".repeat(9 << 20) });
    let asked = p.posted("/v1/chat/completions", &body, &[]);
    // Together more than there is room for.
    let waiting: Vec<_> = (1..=8)
        .map(|n| {
            let mut stream = connect(p.address());
            stream.write_all(asked.as_bytes()).unwrap();
            let mut reader = BufReader::new(stream);
            assert_eq!(read_head(&mut reader).unwrap().0, 200, "the {n}th");
            reader
        })
        .collect();
    assert_eq!((p.count(), waiting.len()), (8, 8));
}

#[cfg(target_os = "linux")]
#[test]
fn who_works_in_a_window_comes_before_what_the_local_api_does() {
    let p = place_with(true, &Config { beside_a_window: true, ..config() });
    assert_eq!(p.post("/v1/items", &items(&[("1", "Where?")])).status, 201);
    let (mut ours, mut lower) = (0, 0);
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(task.path().join("stat")) else { continue };
        let (name, rest) = stat.rsplit_once(')').unwrap();
        // The nineteenth field, the third being the first after the name.
        let nice: i32 = rest.split_whitespace().nth(16).unwrap().parse().unwrap();
        let is_of_the_api = name.ends_with("(submits") || name.ends_with("(api");
        ours += usize::from(is_of_the_api);
        lower += usize::from(nice >= 10);
        assert!(is_of_the_api || nice < 10, "{stat}");
    }
    assert!(ours >= 4 && lower >= 3, "the one that only waits for the end may be as it was: {ours}, {lower}");
}
