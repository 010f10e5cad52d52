//! Requests that come in together are written together.
//!
//! Invariant: an answer is given when its transaction is durable and not before; more than can be kept in memory are turned away.

use crate::problem::Problem;
use flow::Desk;
use flow::submit::{Submission, Submitted};
use flow::token::Access;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

struct Waiting {
    what: (Access, Submission),
    answer: oneshot::Sender<Result<Submitted, Problem>>,
}

/// Submissions that may wait to be written.
const MOST_WAITING: usize = 1024;
/// Submissions of one transaction.
const MOST_TOGETHER: usize = 256;

#[derive(Clone)]
pub struct Submits(mpsc::Sender<Waiting>);

impl Submits {
    /// Starts the thread that writes. It ends when the last of these is dropped.
    pub fn start(desk: Arc<Desk>) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        std::thread::Builder::new().name("submits".into()).spawn(move || write(&desk, receiver))?;
        Ok(Self(sender))
    }

    /// What became of a submission, once that is durable.
    pub async fn submit(&self, access: Access, submission: Submission) -> Result<Submitted, Problem> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Waiting { what: (access, submission), answer }).map_err(|_| Problem::too_many())?;
        answered.await.unwrap_or_else(|_| Err(Problem::internal()))
    }
}

fn write(desk: &Desk, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.blocking_recv() {
        let mut together = vec![first];
        while together.len() < MOST_TOGETHER
            && let Ok(next) = waiting.try_recv()
        {
            together.push(next);
        }
        let (what, answers): (Vec<_>, Vec<_>) = together.into_iter().map(|waiting| (waiting.what, waiting.answer)).unzip();
        // Whoever does not wait for an answer any more finds it under its key.
        match desk.submit(&what) {
            Ok(done) => done.into_iter().zip(answers).for_each(|(done, answer)| drop(answer.send(Ok(done)))),
            Err(e) => {
                tracing::warn!(error = %e, "requests of the local API were not kept");
                let problem = Problem::from(e);
                answers.into_iter().for_each(|answer| drop(answer.send(Err(problem.clone()))));
            }
        }
    }
}
