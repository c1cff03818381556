//! The connection that reads and bollard share: HTTP/1 over a socket, TLS or an ssh client's pipes.

mod dial;
mod failure;
mod resolve;
mod ssh;
mod tls;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, Uri};

use crate::{ApiVersion, Connection, Endpoint, Error};

type Sendable = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// One engine's connections: those that are idle, and how to open more.
///
/// Source: the Engine API speaks HTTP/1.1; attach and exec take a connection away by `Upgrade: tcp`.
#[derive(Debug)]
pub struct Link {
    endpoint: Endpoint,
    host: HeaderValue,
    tls: Option<tls::Tls>,
    timeout: Duration,
    version: OnceLock<ApiVersion>,
    idle: Mutex<Vec<Idle>>,
    /// Of the ssh client that was started last.
    words: Mutex<Option<ssh::Words>>,
    calls: AtomicU64,
}

/// A connection that has begun to answer its last request, and since when.
#[derive(Debug)]
struct Idle {
    since: Instant,
    sender: SendRequest<Sendable>,
}

/// How long to wait for the start of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As long as the option `timeout` says.
    Timeout,
    /// As long as it takes: waits, pulls, builds, stops with a long grace.
    Endless,
}

impl Link {
    /// Prepares connections to the engine; opens none.
    ///
    /// # Errors
    /// `docker_host` or a TLS file is not usable.
    pub fn new(connection: &Connection) -> Result<Link, Error> {
        let endpoint = connection.endpoint()?;
        let (host, tls) = match &endpoint {
            Endpoint::Tcp { host, tls, .. } => {
                let tls = tls.then(|| tls::Tls::new(connection, host)).transpose()?;
                (endpoint.to_string().split_once("://").map(|(_, place)| place.to_owned()), tls)
            }
            Endpoint::Unix(_) | Endpoint::Ssh { .. } => (None, None),
        };
        let host = host.and_then(|host| HeaderValue::try_from(host).ok()).unwrap_or(HeaderValue::from_static("docker"));
        Ok(Link {
            endpoint,
            host,
            tls,
            timeout: connection.timeout(),
            version: OnceLock::new(),
            idle: Mutex::default(),
            words: Mutex::default(),
            calls: AtomicU64::new(0),
        })
    }

    /// The same link, with `host` for the name of the other side: for servers that are no engines, which sign it.
    #[must_use]
    pub fn named(mut self, host: &str) -> Link {
        self.host = HeaderValue::try_from(host).unwrap_or(self.host);
        self
    }

    /// Where the engine is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How many requests were sent.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// From now on every path is sent below `/v{version}`. Only the first call counts.
    pub(crate) fn speak(&self, version: ApiVersion) {
        // The engine sets it once, before any other request.
        let _ = self.version.set(version);
    }

    /// Sends a request for `target` (an encoded path and query) and reads the whole answer. `body` is JSON, or empty.
    pub(crate) async fn exchange(
        &self,
        method: Method,
        target: &str,
        body: Bytes,
    ) -> Result<(Response<()>, Bytes), Error> {
        let what = format!("{method} {target}");
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| Error::Unexpected { what: what.clone(), reason: error.to_string() })?;
        let (head, body) = self.send(request, Patience::Timeout).await?.into_parts();
        let body = match tokio::time::timeout(self.timeout, body.collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) => return Err(self.broken(&what, &error)),
            Err(_) => return Err(self.late(what)),
        };
        Ok((Response::from_parts(head, ()), body))
    }

    /// Sends a request whose URI is an absolute path (a scheme and host before it are dropped), on an idle connection
    /// or on a new one, and waits for the head of the answer.
    ///
    /// # Errors
    /// The engine can't be reached, or does not answer in time. An answer of any status is not an error here.
    pub async fn send<B>(&self, request: Request<B>, patience: Patience) -> Result<Response<Incoming>, Error>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let what = format!("{} {}", request.method(), request.uri().path());
        let (mut head, body) = request.into_parts();
        head.uri = self.target(&head.uri, &what)?;
        head.headers.insert(HOST, self.host.clone());
        let mut request = Request::from_parts(head, body.map_err(Into::into).boxed_unsync());
        self.calls.fetch_add(1, Ordering::Relaxed);
        loop {
            let (mut sender, reused) = match self.take_idle().await {
                Some(sender) => (sender, true),
                None => (self.open().await?, false),
            };
            let sent = sender.try_send_request(request);
            let answer = match patience {
                Patience::Endless => sent.await,
                Patience::Timeout => match tokio::time::timeout(self.timeout, sent).await {
                    Ok(answer) => answer,
                    Err(_) => return Err(self.late(what)),
                },
            };
            match answer {
                Ok(answer) => {
                    self.idle().push(Idle { since: Instant::now(), sender });
                    return Ok(answer);
                }
                Err(mut failed) => match failed.take_message() {
                    // The engine closed the idle connection before it saw the request: a new one takes it.
                    Some(unsent) if reused => request = unsent,
                    _ => return Err(self.unanswered(&what, failed.error()).await),
                },
            }
        }
    }

    /// The request's target below the version's prefix. bollard's own prefix gets lost in its `Uri::parse`, which
    /// joins an absolute path to the base.
    fn target(&self, uri: &Uri, what: &str) -> Result<Uri, Error> {
        let path = uri.path_and_query().map_or("/", |target| target.as_str());
        match self.version.get() {
            Some(version) => format!("/v{version}{path}"),
            None => path.to_owned(),
        }
        .parse()
        .map_err(|error| Error::Unexpected { what: what.to_owned(), reason: format!("{error}") })
    }

    /// A connection that has answered its last request. One whose answer is still being read stays in the list.
    async fn take_idle(&self) -> Option<SendRequest<Sendable>> {
        if self.idle().iter().any(|idle| idle.since.elapsed() > Duration::from_millis(200)) {
            // Time for the runtime to look at the sockets: the other side may have closed one meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for attempt in 0..2 {
            if attempt > 0 {
                // The connection's task may only need its turn to see that the last answer has been read.
                tokio::task::yield_now().await;
            }
            let mut idle = self.idle();
            idle.retain(|idle| !idle.sender.is_closed());
            if idle.is_empty() {
                return None;
            }
            if let Some(ready) = idle.iter().position(|idle| idle.sender.is_ready()) {
                return Some(idle.swap_remove(ready).sender);
            }
        }
        None
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ssh_words(&self) -> std::sync::MutexGuard<'_, Option<ssh::Words>> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> Result<SendRequest<Sendable>, Error> {
        match tokio::time::timeout(self.timeout, self.dial()).await {
            Ok(opened) => opened,
            Err(_) => {
                Err(Error::ConnectTimeout { endpoint: self.endpoint.to_string(), seconds: self.timeout.as_secs() })
            }
        }
    }

    fn late(&self, request: String) -> Error {
        Error::Timeout { request, endpoint: self.endpoint.to_string(), seconds: self.timeout.as_secs() }
    }
}
