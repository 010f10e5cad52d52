//! Drafts the same kind of request alone and together with others, and as a person beside a full queue; prints how fast.
//!
//! `cargo run -p gait-engine --example speed -- MODEL.gguf [requests together] [prompt words] [output tokens]`

use engine::Engine;
use flow::model::{Cancel, Drafter as _, GenerateRequest, Message, ModelFile, Role, Sampling, Urgency};
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("expected the path of a model")?);
    let mut number = |otherwise: usize| arguments.next().map_or(Ok(otherwise), |text| text.parse::<usize>());
    let (together, words, max_tokens) = (number(8)?, number(200)?, number(100)?);
    let engine = Engine::start();
    let facts = engine.inspect(&path)?;
    let model = ModelFile { path, sha256: facts.sha256 };
    let request = |index: usize| GenerateRequest {
        model: model.clone(),
        messages: vec![Message { role: Role::User, content: format!("{index}. {}", "Where is my parcel? ".repeat(words / 4)) }],
        sampling: Sampling { temperature: 1.0, max_tokens: u32::try_from(max_tokens).unwrap_or(u32::MAX), ..Sampling::default() },
        seed: index as u64,
        urgency: Urgency::Queue,
        constraint: None,
        forced: Vec::new(),
    };
    let started = Instant::now();
    engine.generate(
        &GenerateRequest { sampling: Sampling { max_tokens: 1, ..Sampling::default() }, ..request(0) },
        &Cancel::default(),
        &mut |_| {},
    )?;
    println!("loaded and first token after {:.2} s", started.elapsed().as_secs_f64());
    for together in [1, together] {
        let started = Instant::now();
        let results: Vec<_> = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..together)
                .map(|index| (engine.clone(), request(index + 1)))
                .map(|(engine, request)| scope.spawn(move || engine.generate(&request, &Cancel::default(), &mut |_| {})))
                .collect();
            calls.into_iter().map(|call| call.join().map_err(|_| "a call panicked")).collect::<Result<_, _>>()
        })?;
        let seconds = started.elapsed().as_secs_f64();
        let results = results.into_iter().collect::<Result<Vec<_>, _>>()?;
        let tokens: usize = results.iter().map(|result| result.tokens.len()).sum();
        let prompt: u32 = results.iter().map(|result| result.prompt_tokens).sum();
        let ttft = results.iter().map(|result| result.ttft.as_secs_f64()).fold(0.0, f64::max);
        let tpot = results.iter().map(|result| result.tpot.as_secs_f64()).sum::<f64>() / results.len() as f64;
        println!(
            "{together:>3} together: {tokens} tokens after prompts of {prompt} in {seconds:.2} s, {:.1} tokens/s in all; \
             time to first token {:.0} ms at most, {:.1} ms a token and request",
            tokens as f64 / seconds,
            ttft * 1e3,
            tpot * 1e3,
        );
    }
    // A person asks while a queue of twice as many is under way.
    let cancel = Cancel::default();
    let person = |index| GenerateRequest { urgency: Urgency::Interactive, ..request(index) };
    let first_token = |index| -> Result<f64, flow::model::ModelError> {
        let (started, stop) = (Instant::now(), Cancel::default());
        let mut first = 0.0;
        let ended = engine.generate(&person(index), &stop, &mut |_| {
            first = started.elapsed().as_secs_f64();
            stop.cancel();
        });
        match ended {
            Ok(_) | Err(flow::model::ModelError::Cancelled) => Ok(first),
            Err(error) => Err(error),
        }
    };
    let alone = first_token(100)?;
    let times = std::thread::scope(|scope| {
        for index in 0..2 * together {
            let (engine, cancel, request) = (engine.clone(), cancel.clone(), request(index + 200));
            scope.spawn(move || engine.generate(&request, &cancel, &mut |_| {}));
        }
        while !matches!(engine.status(), engine::Status::Generating { tokens, .. } if tokens > 0) {
            std::thread::yield_now();
        }
        let times: Result<Vec<f64>, _> = (0..5).map(|index| first_token(101 + index)).collect();
        cancel.cancel();
        times
    })?;
    println!(
        "a person alone: first token after {:.0} ms; beside the queue: {:.0?} ms",
        alone * 1e3,
        times.iter().map(|t| t * 1e3).collect::<Vec<_>>()
    );
    Ok(())
}
