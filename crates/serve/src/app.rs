//! What the answers share: the desk behind a bound, the writer of what comes in, and the bell for who waits.
//!
//! Invariant: nothing here holds a thread of the runtime; what asks the desk does so on a thread for that, and only so many do at once.

use crate::Config;
use crate::body;
use crate::guard::Hosts;
use crate::problem::{Code, Problem};
use crate::rate::Rates;
use crate::submits::Submits;
use flow::feed::Standing;
use flow::token::Access;
use flow::{Desk, Millis};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

/// Questions to the desk at once; each has a connection to the database.
const MOST_QUESTIONS: usize = 32;
/// Who waits for a decision or follows events, at once.
const MOST_WAITING: usize = 256;
/// Bytes of bodies at once, from before they are read until what they ask is kept.
const MOST_BYTES: usize = 64 << 20;
/// For a question's turn, and for a body's.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked for news, while somebody waits. Another process may decide, so no listener of this one is enough.
const GLANCE: Duration = Duration::from_millis(100);

pub struct App {
    pub desk: Arc<Desk>,
    pub hosts: Hosts,
    pub submits: Submits,
    pub rates: Rates,
    questions: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    news: watch::Sender<i64>,
    ended: AtomicBool,
}

impl App {
    pub fn new(desk: Arc<Desk>, hosts: Hosts, config: &Config) -> std::io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            submits: Submits::start(Arc::clone(&desk), config.beside_a_window)?,
            desk,
            hosts,
            rates: Rates::new(config.per_second),
            questions: Arc::new(Semaphore::new(MOST_QUESTIONS)),
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            bytes: Arc::new(Semaphore::new(MOST_BYTES)),
            news: watch::Sender::new(0),
            ended: AtomicBool::new(false),
        }))
    }

    /// Asks the desk.
    pub async fn ask<T, E>(self: &Arc<Self>, question: impl FnOnce(&Desk) -> Result<T, E> + Send + 'static) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let turn = timeout(PATIENCE, Arc::clone(&self.questions).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::too_many()) };
        let desk = Arc::clone(&self.desk);
        let asked = tokio::task::spawn_blocking(move || {
            let answer = question(&desk);
            drop(turn);
            answer
        });
        match asked.await {
            Ok(answer) => answer.map_err(Into::into),
            Err(_) => Err(Problem::internal()),
        }
    }

    /// Room for a body of so many bytes, at most [`body::MOST`].
    pub async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let bytes = u32::try_from(bytes).map_err(|_| body::too_large())?;
        match timeout(PATIENCE, Arc::clone(&self.bytes).acquire_many_owned(bytes)).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) | Err(_) => Err(Problem::too_many()),
        }
    }

    /// A place among those who wait.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let full = |_| Problem::new(Code::TooMany, format!("{MOST_WAITING} programs wait already; ask again in a second"));
        Arc::clone(&self.waiting).try_acquire_owned().map_err(full)
    }

    /// How an item stands when that is final, when the time is over, or when this server ends.
    pub async fn settled(self: &Arc<Self>, access: &Access, uid: &str, limit: Duration) -> Result<Standing, Problem> {
        let deadline = Instant::now() + limit;
        let mut news = self.news();
        loop {
            news.borrow_and_update();
            let (access, uid) = (access.clone(), uid.to_owned());
            let standing = self.ask(move |desk| desk.standing(&access, &uid)).await?;
            if standing.ended.is_some() || self.has_ended() || Instant::now() >= deadline {
                return Ok(standing);
            }
            let next = standing.again_at.map_or(deadline, |at| deadline.min(self.when(at)));
            // News, or the time: either way it is looked again.
            drop(timeout_at(next, news.changed()).await);
        }
    }

    /// A moment of the desk's clock, a little later so that it has surely come.
    fn when(&self, at: Millis) -> Instant {
        let left = u64::try_from(at.0.saturating_sub(self.desk.now().0)).unwrap_or(0);
        Instant::now() + Duration::from_millis(left) + GLANCE
    }

    /// Changes when something happened.
    pub fn news(&self) -> watch::Receiver<i64> {
        self.news.subscribe()
    }

    /// Looks for news as long as somebody waits.
    pub async fn look(self: Arc<Self>) {
        while !self.has_ended() {
            tokio::time::sleep(GLANCE).await;
            if self.news.receiver_count() == 0 {
                continue;
            }
            if let Ok(head) = self.ask(Desk::feed_head).await {
                self.news.send_if_modified(|known| std::mem::replace(known, head) != head);
            }
        }
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Who waits is answered with how things stand.
    pub fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.news.send_modify(|_| {});
    }
}

#[cfg(test)]
pub mod testing {
    //! An app on a desk of its own, without a server.

    use super::*;
    use flow::Clock;
    use flow::testing::{admin, use_case};
    use flow::token::{Scope, TokenInput};
    use tempfile::TempDir;

    /// With the use case "Replies", and a token with all scopes.
    pub fn app() -> (TempDir, Arc<App>, Access) {
        let folder = TempDir::new().unwrap();
        let desk = Arc::new(Desk::open(folder.path(), Clock::by_hand(Millis(1_790_000_000_000)).0).unwrap());
        use_case(&desk, |_| {}).unwrap();
        let input = TokenInput { name: "all".into(), scopes: Scope::ALL.to_vec(), expires_at: None };
        let (_, text) = desk.create_token(&admin(), &input, &[7; 32]).unwrap();
        let access = desk.admit(&text, &[Scope::Submit], "test").unwrap();
        (folder, App::new(desk, Hosts::of(&[]), &Config { per_second: 1_000, ..Config::default() }).unwrap(), access)
    }

    impl App {
        /// Nothing is asked of the desk until it is dropped.
        pub fn occupy(&self) -> OwnedSemaphorePermit {
            Arc::clone(&self.questions).try_acquire_many_owned(u32::try_from(MOST_QUESTIONS).unwrap()).unwrap()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d12_bodies_have_so_much_room_together_and_who_comes_later_is_told_to_come_again() {
        let (_folder, app, _) = testing::app();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut held = Vec::new();
            for _ in 0..MOST_BYTES / body::MOST {
                held.push(app.room(body::MOST).await.unwrap());
            }
            assert_eq!(app.room(body::MOST).await.unwrap_err().response("").status(), 429);
            held.pop();
            assert!(app.room(body::MOST).await.is_ok());
        });
    }
}
