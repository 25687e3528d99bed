//! The HTTP pages `/metrics`, `/livez`, `/readyz` and `/status`, on a thread of their own.

use crate::telemetry::Telemetry;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long open requests may take to end once the server was told to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// A running server. It stops when told to, or when dropped.
pub struct Server {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why the server could not be started.
#[derive(Debug)]
pub enum ServerError {
    /// The address cannot be listened on.
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// Why not.
        why: std::io::Error,
    },
    /// Its thread or runtime could not be started.
    Thread(std::io::Error),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerError::Listen { addr, why } if why.kind() == std::io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "metrics cannot be served on {addr}: the port is in use; stop the other \
                     program, choose another port, or use port 0 for any free one"
                )
            }
            ServerError::Listen { addr, why } => write!(
                f,
                "metrics cannot be served on {addr}: {why}; use an address of this machine and a \
                 port that this user may open"
            ),
            ServerError::Thread(why) => write!(
                f,
                "the metrics server's thread cannot be started: {why}; look at the limits on \
                 threads and memory of this process"
            ),
        }
    }
}

impl std::error::Error for ServerError {}

impl Server {
    /// Listens on `addr` (port 0: any free one) and serves until stopped.
    ///
    /// # Errors
    /// An address that cannot be listened on, a thread that cannot be started.
    pub fn start(addr: SocketAddr, telemetry: Arc<Telemetry>) -> Result<Server, ServerError> {
        let listen = |why| ServerError::Listen { addr, why };
        let listener = TcpListener::bind(addr).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(ServerError::Thread)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("telemetry".into())
            .spawn(move || {
                if let Err(why) = runtime.block_on(serve(listener, telemetry, stopped)) {
                    tracing::error!(%why, addr = %bound, "metrics server ended");
                }
            })
            .map_err(ServerError::Thread)?;
        Ok(Server {
            addr: bound,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address that it listens on, with the port that was chosen.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening, lets open requests end (2 s at most) and waits for the thread.
    pub fn shutdown(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // Either side may be gone already; then there is nothing left to stop.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

async fn serve(
    listener: TcpListener,
    telemetry: Arc<Telemetry>,
    stopped: oneshot::Receiver<()>,
) -> std::io::Result<()> {
    let pages = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/status", get(status))
        .with_state(telemetry);
    let (draining, drain) = oneshot::channel::<()>();
    let until = async move {
        // A sender that was dropped means the same as a message.
        let _ = stopped.await;
        let _ = draining.send(());
    };
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let serving = axum::serve(listener, pages).with_graceful_shutdown(until);
    let limit = async move {
        let _ = drain.await;
        tokio::time::sleep(DRAIN_LIMIT).await;
    };
    tokio::select! {
        done = serving => done,
        () = limit => Ok(()),
    }
}

async fn metrics(State(telemetry): State<Arc<Telemetry>>) -> Response {
    match telemetry.metrics().text() {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{why}\n")).into_response(),
    }
}

async fn livez(State(telemetry): State<Arc<Telemetry>>) -> Response {
    let answer = telemetry.health().liveness();
    (code(answer.live), Json(answer)).into_response()
}

async fn readyz(State(telemetry): State<Arc<Telemetry>>) -> Response {
    let answer = telemetry.health().readiness();
    (code(answer.ready), Json(answer)).into_response()
}

async fn status(State(telemetry): State<Arc<Telemetry>>) -> Response {
    Json(telemetry.status()).into_response()
}

fn code(good: bool) -> StatusCode {
    if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
