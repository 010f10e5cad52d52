//! Connections: taken on addresses of this machine, each with its limits.
//!
//! Invariant: nobody who sends slowly, much, or never ends holds more than one of a bounded number of connections, and none for longer than a
//! head or a body may take; nor who takes nothing of an answer.

use crate::head::Strict;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at once, over all addresses. Half of the files that a process may commonly have.
const MOST_CONNECTIONS: usize = 512;
/// For a head to arrive, and for an idle connection to be kept.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
const MOST_HEADERS: usize = 64;
/// Bytes of a head.
const MOST_HEAD: usize = 64 << 10;
/// After the system had no connection to give.
const AGAIN: Duration = Duration::from_millis(50);

pub fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MOST_CONNECTIONS))
}

/// Takes connections for as long as it is polled.
pub async fn accept(listener: TcpListener, router: Router, places: Arc<Semaphore>, graceful: Arc<GracefulShutdown>) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(taken) => taken,
            Err(e) => {
                tracing::warn!(error = %e, "a connection could not be taken");
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        };
        // The address is of this machine, and so is who calls it; whatever else comes is dropped.
        if !peer.ip().is_loopback() {
            continue;
        }
        // Without a place it is closed at once: a client tries again, a flood gains nothing.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            serve(stream, router, watcher).await;
            drop(place);
        });
    }
}

async fn serve(stream: TcpStream, router: Router, watcher: Watcher) {
    drop(stream.set_nodelay(true));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(Strict::new(stream)), TowerToHyperService::new(router));
    if let Err(e) = watcher.watch(connection).await {
        tracing::debug!(error = %e, "a connection ended");
    }
}
