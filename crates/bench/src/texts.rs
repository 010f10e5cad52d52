//! What the models are asked: texts of a known number of tokens.
//!
//! Invariant: the peer gets, letter for letter, the prompt that Gait's chat template renders.

use crate::made::vocabulary::{WORDS, word};
use crate::random::Random;
use flow::model::{GenerateRequest, Message, ModelFile, Role, Sampling, Urgency};

/// Longest prompt and output of the queue's requests, tokens.
pub const LONGEST: usize = 1024;
/// Words of the prompt that all requests of the queue share. With the turns' marks it has about 400 tokens.
const SHARED: usize = 390;

/// Requests from this index on fill the background while something else is measured.
pub const BACKGROUND: usize = 1_000_000;

/// So many words of the made-up vocabulary, each a token.
pub fn words(count: usize, random: &mut Random) -> String {
    (0..count).map(|_| word(random.below(WORDS))).collect::<Vec<_>>().join(" ")
}

/// A request and how long its answer shall be.
#[derive(Debug, Clone)]
pub struct Asked {
    pub messages: Vec<Message>,
    /// Tokens; the made-up models never end sooner.
    pub output: u32,
}

impl Asked {
    /// A request of one user message.
    pub fn alone(text: String, output: u32) -> Self {
        Self { messages: vec![Message { role: Role::User, content: text }], output }
    }

    /// The `index`th request of a queue: a shared instruction of about 400 tokens, an input of 50 to 300, an answer of
    /// 40 to 200.
    pub fn queued(index: usize) -> Self {
        let shared = words(SHARED, &mut Random::named("shared", 1));
        let mut random = Random::named("queued", index as u64);
        let input = 50 + random.below(251);
        let output = 40 + random.below(161);
        Self {
            messages: vec![
                Message { role: Role::System, content: shared },
                Message { role: Role::User, content: words(input, &mut random) },
            ],
            output: u32::try_from(output).unwrap_or(40),
        }
    }

    /// The greedy request for Gait.
    pub fn request(&self, model: &ModelFile, urgency: Urgency) -> GenerateRequest {
        GenerateRequest {
            model: model.clone(),
            messages: self.messages.clone(),
            sampling: Sampling { max_tokens: self.output, ..Sampling::default() },
            seed: 0,
            urgency,
            constraint: None,
            forced: Vec::new(),
        }
    }

    /// The prompt as the made-up models' chat template renders it (ChatML).
    pub fn prompt(&self) -> String {
        let mut text = String::new();
        for message in &self.messages {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            text.push_str(&format!("<|im_start|>{role}\n{}<|im_end|>\n", message.content));
        }
        text + "<|im_start|>assistant\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_the_one_that_was_promised() {
        let all: Vec<Asked> = (0..200).map(Asked::queued).collect();
        let input = |asked: &Asked| asked.messages[1].content.split(' ').count();
        assert!(all.iter().all(|asked| (50..=300).contains(&input(asked)) && (40..=200).contains(&asked.output)));
        assert!(all.iter().all(|asked| asked.messages[0] == all[0].messages[0]), "the instruction is shared");
        assert_ne!(all[1].messages[1], all[2].messages[1], "the inputs are not");
        assert_eq!(Asked::queued(7).messages, all[7].messages, "the same in every run");
    }
}
