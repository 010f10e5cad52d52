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
/// Requests of one transaction, after which nothing is added to it.
const ENOUGH: usize = 1_000;

#[derive(Clone)]
pub struct Submits(mpsc::Sender<Waiting>);

impl Submits {
    /// Starts the thread that writes. It ends when the last of these is dropped.
    pub fn start(desk: Arc<Desk>, beside_a_window: bool) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        std::thread::Builder::new().name("submits".into()).spawn(move || {
            if beside_a_window {
                crate::step_back();
            }
            write(&desk, receiver);
        })?;
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
        let (what, answers): (Vec<_>, Vec<_>) =
            gather(first, &mut waiting).into_iter().map(|waiting| (waiting.what, waiting.answer)).unzip();
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

/// What is written in one transaction: it must not hold up who decides meanwhile.
fn gather(first: Waiting, waiting: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let mut requests = first.what.1.given.len();
    let mut together = vec![first];
    while together.len() < MOST_TOGETHER
        && requests < ENOUGH
        && let Ok(next) = waiting.try_recv()
    {
        requests += next.what.1.given.len();
        together.push(next);
    }
    together
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::intake::Given;
    use flow::submit::Once;

    #[test]
    fn d12_a_transaction_takes_no_more_requests_than_are_written_in_a_moment() {
        let (_folder, _app, access) = crate::app::testing::app();
        let submission = |requests| {
            let given = Given { id: None, fields: Vec::new(), audience: None, slice: None, priority: 0 };
            let what = Submission { use_case: "Replies".into(), given: vec![given; requests], key: None, once: Once::Each };
            Waiting { what: (access.clone(), what), answer: oneshot::channel().0 }
        };
        let (sender, mut receiver) = mpsc::channel(MOST_WAITING);
        let mut written = |sizes: &[usize]| {
            sizes.iter().for_each(|n| drop(sender.try_send(submission(*n))));
            let mut together = Vec::new();
            while let Ok(first) = receiver.try_recv() {
                together.push(gather(first, &mut receiver).len());
            }
            together
        };
        assert_eq!(written(&[600, 600, 600]), [2, 1]);
        assert_eq!(written(&[1_000, 1, 999, 1]), [1, 2, 1]);
        assert_eq!(written(&[1; 300]), [256, 44]);
    }
}
