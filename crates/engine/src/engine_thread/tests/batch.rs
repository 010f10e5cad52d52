//! A request among others.
//!
//! Invariant: what is compared was drafted alone, by an engine that had never seen another request.

use super::*;
use crate::engine_thread::sequence::Memory;
use flow::model::ModelFile;
use std::time::{Duration, Instant};

/// Requests of one use case: a shared beginning of some hundred tokens, inputs of their own.
fn requests(model: &ModelFile, count: u64) -> Vec<GenerateRequest> {
    let instruction = "You answer the letters of customers of a shop. Be kind, be short, and promise nothing. ".repeat(2);
    (0..count)
        .map(|seed| {
            let text = format!("{instruction}Letter {seed}: {}", "where is my parcel? ".repeat(seed as usize % 3 + 1));
            GenerateRequest { seed, ..request(model, &text, 14 + seed as u32 * 3, Urgency::Queue) }
        })
        .collect()
}

fn alone(request: &GenerateRequest) -> Generation {
    let mut stepped = Stepped::new();
    stepped.thread.guesses = false;
    let events = stepped.ask(request, &Cancel::default());
    stepped.until_done(&events).1.unwrap()
}

#[test]
fn a_request_gives_the_same_alone_and_among_seven_others() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in testing::OWN {
        let model = testing::write(folder.path(), architecture, 21);
        let requests = requests(&model, 8);
        let begun = Instant::now();
        let mut stepped = Stepped::new();
        let events: Vec<_> = requests.iter().map(|request| stepped.ask(request, &Cancel::default())).collect();
        let mut most = 0;
        let mut shared = 0;
        while !stepped.thread.is_idle() || most == 0 {
            assert!(stepped.thread.receive());
            stepped.thread.turn();
            most = most.max(stepped.thread.running.len());
            let prefixed = |sequence: &&Sequence| matches!(&sequence.memory, Memory::Own { prefix: Some(_), .. });
            shared = shared.max(stepped.thread.running.iter().filter(prefixed).count());
        }
        assert_eq!(most, 8, "{architecture}: all run together");
        assert!(shared >= 7, "{architecture}: and share their beginning: {shared}");
        let all: Vec<Generation> = events.iter().map(|events| stepped.until_done(events).1.unwrap()).collect();
        let used: Duration = all.iter().map(|generation| generation.compute).sum();
        assert!(used > Duration::ZERO && used <= begun.elapsed(), "{architecture}: a shared step is counted once: {used:?}");
        for (request, generation) in requests.iter().zip(&all) {
            check_same(generation, &alone(request));
        }
    }
}

#[test]
fn a_batch_that_is_interrupted_again_and_again_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "qwen2", 22);
    let other = testing::write(folder.path(), "gemma3", 22);
    let requests = requests(&model, 6);
    let mut stepped = Stepped::new();
    let events: Vec<_> = requests.iter().map(|request| stepped.ask(request, &Cancel::default())).collect();
    for (turns, urgent) in [(2, &model), (9, &other), (3, &model), (7, &other)] {
        for _ in 0..turns {
            assert!(stepped.thread.receive());
            stepped.thread.turn();
        }
        let urgent = request(urgent, "Quick! Where is it?", 8, Urgency::Interactive);
        let urgent_events = stepped.ask(&urgent, &Cancel::default());
        check_same(&stepped.until_done(&urgent_events).1.unwrap(), &alone(&urgent));
        if urgent.model == other {
            assert!(!stepped.thread.aside.is_empty() && stepped.thread.running.is_empty(), "the queue keeps what it computed");
        }
    }
    for (request, events) in requests.iter().zip(&events) {
        check_same(&stepped.until_done(events).1.unwrap(), &alone(request));
    }
}

#[test]
fn guesses_save_steps_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("repeats.gguf");
    // Without attention each token follows from the one before: such a model soon goes round in a circle.
    let model = testing::write_with(&path, "llama", 23, &testing::metadata("llama"), |name, _, value| {
        if name.ends_with("attn_output.weight") { 0.0 } else { value }
    });
    let mut request = request(&model, "Say it again and again", 120, Urgency::Queue);
    for temperature in [0.0, 0.3] {
        request.sampling.temperature = temperature;
        let run = |guesses: bool| {
            let mut stepped = Stepped::new();
            stepped.thread.guesses = guesses;
            let events = stepped.ask(&request, &Cancel::default());
            let mut turns = 0;
            while !stepped.thread.is_idle() || turns == 0 {
                assert!(stepped.thread.receive());
                stepped.thread.turn();
                turns += 1;
            }
            (stepped.until_done(&events).1.unwrap(), turns)
        };
        let ((without, slow), (with, fast)) = (run(false), run(true));
        check_same(&with, &without);
        if temperature == 0.0 {
            assert!(without.tokens.len() > 60, "long enough: {}", without.tokens.len());
            assert!(fast * 3 < slow * 2, "{fast} steps instead of {slow}");
        }
    }
}

#[test]
fn what_does_not_fit_the_memory_waits_and_a_person_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "qwen3", 24);
    let requests = requests(&model, 6);
    let mut stepped = Stepped::new();
    let own = Model::load(&model, &Cancel::default()).unwrap();
    // Two of them.
    stepped.thread.settings.key_values = Some(own.kv_bytes() * 560);
    let events: Vec<_> = requests.iter().map(|request| stepped.ask(request, &Cancel::default())).collect();
    let mut most = 0;
    for _ in 0..12 {
        assert!(stepped.thread.receive());
        stepped.thread.turn();
        most = most.max(stepped.thread.running.len());
    }
    assert!((1..=3).contains(&most), "{most} at once");
    let urgent = request(&model, &"Quick! ".repeat(60), 30, Urgency::Interactive);
    let urgent_events = stepped.ask(&urgent, &Cancel::default());
    assert!(stepped.thread.receive());
    stepped.thread.turn();
    assert!(
        stepped.thread.running.iter().any(|sequence| sequence.job.request.urgency == Urgency::Interactive),
        "the queue gives way at once"
    );
    check_same(&stepped.until_done(&urgent_events).1.unwrap(), &alone(&urgent));
    for (request, events) in requests.iter().zip(&events) {
        let (tokens, result) = stepped.until_done(events);
        let result = result.unwrap();
        check_same(&result, &alone(request));
        assert_eq!(timeless(&tokens), timeless(&result.tokens), "reported once, also by who started again");
    }
}

#[test]
fn a_panic_ends_the_request_that_met_it_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "llama", 25);
    let requests = requests(&model, 3);
    let mut stepped = Stepped::new();
    let events: Vec<_> = requests.iter().map(|request| stepped.ask(request, &Cancel::default())).collect();
    while stepped.thread.running.iter().filter(|sequence| sequence.output.len() > 2).count() < 3 {
        assert!(stepped.thread.receive());
        stepped.thread.turn();
    }
    // A token that no vocabulary has.
    *stepped.thread.running[1].tokens.last_mut().unwrap() = 1 << 30;
    let result = stepped.until_done(&events[1]).1;
    assert!(matches!(&result, Err(ModelError::Engine(said)) if said.contains("broke off")), "{result:?}");
    for index in [0, 2] {
        check_same(&stepped.until_done(&events[index]).1.unwrap(), &alone(&requests[index]));
    }
}

#[test]
fn requests_from_several_threads_are_answered_together() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "phi3", 26);
    let requests = requests(&model, 5);
    let engine = started();
    engine.leave_a_core_free(true);
    let results: Vec<Generation> = std::thread::scope(|scope| {
        let calls: Vec<_> = requests.iter().map(|request| scope.spawn(|| generate(&engine, request).unwrap())).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    for (request, result) in requests.iter().zip(&results) {
        check_same(result, &alone(request));
    }
}

#[test]
fn every_token_says_how_undecided_the_model_was() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "llama", 27);
    let result = generate(&started(), &request(&model, "Hello", 30, Urgency::Queue)).unwrap();
    for token in &result.tokens {
        assert!(token.entropy > 0.0 && token.entropy < 266f32.ln(), "{}", token.entropy);
    }
    assert!(result.tokens.iter().any(|token| token.micros > 0));
}
