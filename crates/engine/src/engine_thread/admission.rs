//! Who is let in: which model is loaded, which requests join the batch, and which give way.
//!
//! Invariant: keys and values of all sequences together stay within the memory for them, counted at the length that each
//! may come to; only a request that has the model for itself may need more.

use super::sequence::{Memory, Sequence, Step, most_tokens};
use super::{EngineThread, Job, guarded};
use crate::Status;
use crate::generation::Output;
use crate::load::{Body, Model, Prompt};
use crate::memory;
use flow::model::{ModelError, ModelFile, StopReason, Urgency};
use std::time::Instant;

/// Sequences of the queue that run together at most: beyond that a row costs its full price.
const TOGETHER: usize = 16;
/// Interactive sequences at once.
const PERSONS: usize = 4;

impl EngineThread {
    /// The model of whoever goes first: an interactive request, then what is under way, then the queue.
    pub(super) fn next_model(&self) -> Option<ModelFile> {
        let person = self.running.iter().any(|sequence| sequence.job.request.urgency == Urgency::Interactive);
        let waiting = |job: &Job| job.request.model.clone();
        if !person && let Some(job) = self.interactive.front() {
            return Some(waiting(job));
        }
        let under_way = self.running.first().or_else(|| self.aside.first()).map(|sequence| sequence.model().clone());
        under_way.or_else(|| self.queue.front().map(waiting))
    }

    /// Puts what runs aside, loads another model, and takes up what was put aside for it.
    pub(super) fn change_model(&mut self, file: &ModelFile) {
        self.drop_model();
        self.say(Status::Loading { model: file.path.clone() });
        let started = Instant::now();
        // Whoever waits for this model; when all are cancelled the load ends.
        let cancel = self.first_for(file).map(|job| job.cancel.clone()).unwrap_or_default();
        match guarded(|| Model::load_with(file, &self.settings, &self.pool, &cancel)) {
            Ok(model) => {
                tracing::info!(
                    milliseconds = started.elapsed().as_millis(),
                    context = model.context(),
                    tokens = model.tokenizer().len(),
                    "model loaded"
                );
                self.model = Some(model);
                self.memory = self.settings.key_values.unwrap_or_else(memory::share_of_available);
                self.running = self.aside.extract_if(.., |sequence| sequence.model() == file).collect();
            }
            Err(error) => self.refuse(file, &error),
        }
    }

    /// The first job that needs this model.
    fn first_for(&self, file: &ModelFile) -> Option<&Job> {
        let waiting = self.interactive.iter().chain(&self.queue);
        self.aside.iter().map(|sequence| &sequence.job).chain(waiting).find(|job| job.request.model == *file)
    }

    /// Answers whoever needed a model that did not load. A load that was cancelled ends its own request alone.
    fn refuse(&mut self, file: &ModelFile, error: &ModelError) {
        if *error == ModelError::Cancelled {
            self.drop_cancelled();
            return;
        }
        let refused: Vec<Sequence> = self.aside.extract_if(.., |sequence| sequence.model() == file).collect();
        for sequence in refused {
            sequence.end(Err(error.clone()));
        }
        // Others of the queue will see for themselves: the file may be back by then.
        for urgency in [Urgency::Interactive, Urgency::Queue] {
            let waiting = self.waiting(urgency);
            if waiting.front().is_some_and(|job| job.request.model == *file)
                && let Some(job) = waiting.pop_front()
            {
                job.answer(Err(error.clone()));
                return;
            }
        }
    }

    /// Gives the weights back. What runs is put aside, or back to the front of its queue where its state is lost.
    pub(super) fn drop_model(&mut self) {
        self.prefixes = super::Prefixes::default();
        // Last first, so that the first is at the front again.
        for sequence in std::mem::take(&mut self.running).into_iter().rev() {
            self.put_aside(sequence);
        }
        self.model = None;
    }

    fn put_aside(&mut self, sequence: Sequence) {
        match sequence.memory {
            Memory::Own { .. } => self.aside.insert(0, sequence),
            Memory::Stock => self.put_back(sequence),
        }
    }

    /// Lets a sequence start again later.
    fn put_back(&mut self, sequence: Sequence) {
        let urgency = sequence.job.request.urgency;
        self.waiting(urgency).push_front(sequence.job);
    }

    /// Lets waiting requests for the loaded model join, as many as there is room for.
    pub(super) fn admit(&mut self) {
        let mut joining: Vec<(Job, Prompt)> = Vec::new();
        for urgency in [Urgency::Interactive, Urgency::Queue] {
            while let Some((job, prompt)) = self.next_joining(urgency, &joining) {
                joining.push((job, prompt));
            }
        }
        for (_, prompt) in &joining {
            self.prefixes.note(&prompt.tokens);
        }
        for (job, prompt) in joining {
            self.begin(job, prompt);
        }
    }

    /// The next request of an urgency that may join, with its prompt. Those that cannot be prepared are answered.
    fn next_joining(&mut self, urgency: Urgency, joining: &[(Job, Prompt)]) -> Option<(Job, Prompt)> {
        loop {
            let model = self.model.as_ref()?;
            let front = match urgency {
                Urgency::Interactive => self.interactive.front(),
                Urgency::Queue => self.queue.front(),
            }?;
            if front.request.model != *model.file() || !self.has_place(urgency, joining) {
                return None;
            }
            // The file may have changed since, and a prompt may not fit: before anybody gives way for it.
            let prepared = match model.is(&front.request.model) {
                Ok(true) => guarded(|| model.prompt(&front.request.messages)),
                Ok(false) => {
                    // It changed: the load says how.
                    self.drop_model();
                    return None;
                }
                Err(error) => Err(error),
            };
            let tokens = prepared.as_ref().map_or(0, |prompt| prompt.tokens.len());
            let bytes = model.kv_bytes() * most_tokens(tokens, front.request.sampling.max_tokens, model.context() as usize) as u64;
            if prepared.is_ok() && !self.make_room(urgency, bytes, joining) {
                return None;
            }
            let job = self.waiting(urgency).pop_front()?;
            match prepared {
                Ok(prompt) => return Some((job, prompt)),
                Err(error) => job.answer(Err(error)),
            }
        }
    }

    fn has_place(&self, urgency: Urgency, joining: &[(Job, Prompt)]) -> bool {
        let of = |job: &Job| job.request.urgency == urgency;
        let same = self.running.iter().filter(|sequence| of(&sequence.job)).count() + joining.iter().filter(|(job, _)| of(job)).count();
        let all = self.running.len() + joining.len();
        match (self.model.as_ref().map(|model| &model.body), urgency) {
            // A person takes the place of the queue.
            (Some(Body::Stock(_)), Urgency::Interactive) => same == 0,
            (Some(Body::Stock(_)), Urgency::Queue) => all == 0,
            (Some(Body::Own(_)), Urgency::Interactive) => same < PERSONS,
            (Some(Body::Own(_)), Urgency::Queue) => same < TOGETHER,
            (None, Urgency::Interactive | Urgency::Queue) => false,
        }
    }

    /// Whether so many bytes of keys and values fit. For a person the queue's latest sequences give way.
    fn make_room(&mut self, urgency: Urgency, bytes: u64, joining: &[(Job, Prompt)]) -> bool {
        let Some(model) = &self.model else { return false };
        let (per_token, context) = (model.kv_bytes(), model.context() as usize);
        if matches!(model.body, Body::Stock(_)) {
            while let Some(sequence) = self.running.pop() {
                self.put_back(sequence);
            }
            return true;
        }
        let promised: u64 = joining
            .iter()
            .map(|(job, prompt)| per_token * most_tokens(prompt.tokens.len(), job.request.sampling.max_tokens, context) as u64)
            .sum();
        loop {
            let running: u64 = self.running.iter().map(|sequence| per_token * sequence.most_tokens() as u64).sum();
            let aside: u64 = self.aside.iter().map(Sequence::bytes).sum();
            if promised + running + aside + self.prefixes.bytes() + bytes <= self.memory || self.running.len() + joining.len() == 0 {
                return true;
            }
            let before = self.prefixes.bytes();
            self.prefixes.drop_unused();
            if self.prefixes.bytes() < before {
                continue;
            }
            let latest = self.running.iter().rposition(|sequence| sequence.job.request.urgency == Urgency::Queue);
            match (urgency, latest) {
                (Urgency::Interactive, Some(index)) => {
                    let sequence = self.running.remove(index);
                    self.put_back(sequence);
                }
                // Nothing more gives way; a person does not wait for a person.
                (Urgency::Interactive, None) => return true,
                (Urgency::Queue, _) => return false,
            }
        }
    }

    /// Makes a job a sequence of the batch.
    fn begin(&mut self, job: Job, prompt: Prompt) {
        let Some(model) = &self.model else { return };
        let output = Output::new(model.tokenizer().stream(), &job.request.sampling.stop);
        let memory = match &model.body {
            Body::Own(own) => {
                let most = most_tokens(prompt.tokens.len(), job.request.sampling.max_tokens, model.context() as usize);
                Memory::Own { prefix: None, values: own.key_values(), shares: None, long: own.is_long(most) }
            }
            Body::Stock(_) => Memory::Stock,
        };
        let grammar = match job.request.constraint.as_ref().map(|constraint| guarded(|| model.grammar(constraint))).transpose() {
            Ok(grammar) => grammar,
            Err(error) => return job.answer(Err(error)),
        };
        let nothing = job.request.sampling.max_tokens == 0;
        let sequence = Sequence::new(job, prompt, memory, grammar, output, model.context());
        if nothing {
            sequence.end(Ok(StopReason::Length));
        } else {
            self.running.push(sequence);
        }
    }

    /// Ends a sequence that has left the batch.
    pub(super) fn leave(&mut self, sequence: Sequence, result: Result<StopReason, ModelError>) {
        sequence.end(result);
        let worn = self.model.as_ref().is_some_and(Model::is_worn);
        if worn && self.running.is_empty() {
            self.model = None;
        }
    }

    /// What a step came to for one sequence: it stays or leaves.
    pub(super) fn settle(&mut self, sequence: Sequence, result: Result<Step, ModelError>) {
        match result {
            Ok(Step::Goes) => self.running.push(sequence),
            Ok(Step::Ends(reason)) => self.leave(sequence, Ok(reason)),
            Err(error) => self.leave(sequence, Err(error)),
        }
    }
}
