//! The local API: HTTP on addresses of this machine alone, for its other programs. They give requests, follow what becomes of them, and hear
//! what was approved; a use case answers as a model does. The way of a request: [`listen`] → `head` (strict) → `guard` (host, origin, path,
//! length) → `routes` (token, rate, body) → an answer, which asks the desk of flow.
//!
//! Invariant: it listens on loopback or not at all, and says nothing without a token but that it is there. What may be done is decided in
//! flow; here is only how it is said over HTTP. Nothing of a request, a draft or a token is logged.

#![allow(clippy::result_large_err, reason = "a problem is made once for a request that is refused, and answered at once")]

mod answer;
mod app;
mod body;
mod call;
mod fields;
mod guard;
mod head;
mod listen;
mod openapi;
mod page;
mod problem;
mod rate;
mod routes;
mod schema;
mod submits;

use app::App;
use flow::Desk;
use guard::Hosts;
use hyper_util::server::graceful::GracefulShutdown;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// Where and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// 0 takes any that is free.
    pub port: u16,
    /// Also on `::1`.
    pub v6: bool,
    /// Requests that a token may ask a second.
    pub per_second: u32,
    /// Somebody works in a window of the same program: its threads come first (Linux).
    pub beside_a_window: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { port: flow::local_api::PORT, v6: false, per_second: PER_SECOND, beside_a_window: false }
    }
}

/// Requests that a token may ask a second.
pub const PER_SECOND: u32 = 5_000;

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is taken by another program: nothing listens; end that program, or choose another port")]
    Taken(SocketAddr),
    #[error("{address} cannot be listened on: {why}")]
    Address { address: SocketAddr, why: std::io::Error },
    #[error("the local API cannot start: {0}")]
    System(#[from] std::io::Error),
}

/// A running server. Dropped, it ends.
pub struct Server {
    addresses: Vec<SocketAddr>,
    app: Arc<App>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// From now on this thread runs when none of a person's has to.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(e) = rustix::process::nice(10) {
        tracing::debug!(error = %e, "a thread of the local API runs like all others");
    }
}

/// Threads that carry connections; what asks the desk has its own.
const CARRIERS: usize = 2;
/// For answers that are under way when it ends.
const PATIENCE: Duration = Duration::from_secs(5);

impl Server {
    /// Listens, and returns: who asks from now on is answered.
    ///
    /// # Errors
    /// [`Error::Taken`] where another program has the port. It never falls back to another one, nor to another address.
    pub fn start(desk: Arc<Desk>, config: &Config) -> Result<Self, Error> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        if config.beside_a_window {
            runtime.on_thread_start(step_back);
        }
        let runtime = runtime.worker_threads(CARRIERS).thread_name("api").enable_all().build()?;
        let listeners = runtime.block_on(bind(config))?;
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<std::io::Result<Vec<_>>>()?;
        let app = App::new(desk, Hosts::of(&addresses), config)?;
        let (end, ended) = oneshot::channel();
        let theirs = Arc::clone(&app);
        let thread = std::thread::Builder::new().name("api".into()).spawn(move || run(&runtime, listeners, theirs, ended))?;
        tracing::info!(?addresses, "the local API listens");
        Ok(Self { addresses, app, end: Some(end), thread: Some(thread) })
    }

    /// The addresses that it listens on, IPv4 first.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Takes no more, answers what is under way, and lets go of the port.
    pub fn end(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.app.end();
        if let Some(end) = self.end.take() {
            // Whoever waits for it may have gone already.
            end.send(()).ok();
        }
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the local API had panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn bind(config: &Config) -> Result<Vec<TcpListener>, Error> {
    let first = listen_on(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), config.port)).await?;
    let port = first.local_addr()?.port();
    let mut listeners = vec![first];
    if config.v6 {
        listeners.push(listen_on(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)).await?);
    }
    Ok(listeners)
}

async fn listen_on(address: SocketAddr) -> Result<TcpListener, Error> {
    debug_assert!(address.ip().is_loopback());
    TcpListener::bind(address)
        .await
        .map_err(|why| if why.kind() == std::io::ErrorKind::AddrInUse { Error::Taken(address) } else { Error::Address { address, why } })
}

fn run(runtime: &Runtime, listeners: Vec<TcpListener>, app: Arc<App>, ended: oneshot::Receiver<()>) {
    runtime.block_on(async {
        let graceful = Arc::new(GracefulShutdown::new());
        let (router, places) = (routes::router(Arc::clone(&app)), listen::places());
        let mut tasks = vec![tokio::spawn(Arc::clone(&app).look())];
        for listener in listeners {
            tasks.push(tokio::spawn(listen::accept(listener, router.clone(), Arc::clone(&places), Arc::clone(&graceful))));
        }
        // Told, or dropped with its server: either way it ends.
        ended.await.ok();
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        for task in tasks {
            drop(task.await);
        }
        let Some(graceful) = Arc::into_inner(graceful) else { return };
        if tokio::time::timeout(PATIENCE, graceful.shutdown()).await.is_err() {
            tracing::warn!("some connections were cut");
        }
    });
}

/// 32 random bytes from the system, for a token.
///
/// # Errors
/// Where the system has none to give.
pub fn secret() -> Result<[u8; 32], Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|e| Error::System(std::io::Error::other(e.to_string())))?;
    Ok(secret)
}
