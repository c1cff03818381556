//! Answers that go on: pulls, pushes, loads and builds tell of their progress in lines of JSON.
//!
//! bollard's calls for these give one extra host, 2 GB of shared memory and one set of credentials at most, and they
//! lose the fields that they don't know; so these requests go straight to the connection.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::{Body, Incoming};
use serde::Deserialize;
use serde_json::Value;

use crate::{Engine, Error};

/// One line of progress.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// A build's output; line ends are in it.
    pub stream: Option<String>,
    /// A layer, or the tag that is pulled.
    pub id: Option<String>,
    /// What happens: `Pulling from library/busybox`, `Status: Image is up to date for …`.
    pub status: Option<String>,
    /// Data for programs: the ID of what was built, the digest of what was pushed.
    pub aux: Option<Value>,
    /// How far a layer is, drawn as a bar.
    pub progress: Option<String>,
    #[serde(rename = "errorDetail")]
    error_detail: Option<ErrorDetail>,
    error: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    message: String,
}

impl Progress {
    /// What a person wants to read of it, line ends included; nothing for a bar that moves.
    pub fn text(&self) -> String {
        match (&self.stream, &self.status, &self.id) {
            (Some(stream), _, _) => stream.clone(),
            (None, Some(_), _) if self.progress.as_ref().is_some_and(|bar| !bar.is_empty()) => String::new(),
            (None, Some(status), Some(id)) => format!("{id}: {status}\n"),
            (None, Some(status), None) => format!("{status}\n"),
            (None, None, _) => String::new(),
        }
    }
}

/// An answer that goes on. It must be read to its end: only then is the work done.
#[derive(Debug)]
pub struct ProgressLines<'e> {
    engine: &'e Engine,
    body: Incoming,
    buffer: BytesMut,
    request: String,
}

impl Engine {
    /// Posts `body` to `path` with `query` (neither encoded) and extra `headers`, and gives the answer's lines.
    ///
    /// # Errors
    /// The engine can't be reached, or answers with a status of 400 or above.
    pub(crate) async fn post_for_progress<B>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, String)],
        body: B,
    ) -> Result<ProgressLines<'_>, Error>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let body = self.send(Method::POST, path, query, headers, body).await?;
        Ok(ProgressLines { engine: self, body, buffer: BytesMut::new(), request: format!("POST {path}") })
    }
}

impl ProgressLines<'_> {
    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Failed`] with the engine's words when the line tells of an error; or the connection broke.
    pub async fn next(&mut self) -> Result<Option<Progress>, Error> {
        while let Some(line) = self.next_line().await? {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let progress: Progress = serde_json::from_slice(&line)
                .map_err(|error| Error::Unexpected { what: self.request.clone(), reason: error.to_string() })?;
            let detail = progress.error_detail.as_ref().map(|detail| &detail.message).filter(|text| !text.is_empty());
            return match detail.or(progress.error.as_ref()) {
                Some(message) => Err(Error::Failed { message: message.trim().to_owned() }),
                None => Ok(Some(progress)),
            };
        }
        Ok(None)
    }

    async fn next_line(&mut self) -> Result<Option<BytesMut>, Error> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.buffer[seen..].iter().position(|&byte| byte == b'\n') {
                return Ok(Some(self.buffer.split_to(seen + end + 1)));
            }
            seen = self.buffer.len();
            match self.body.frame().await {
                Some(Ok(frame)) => self.buffer.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
                Some(Err(error)) => return Err(self.engine.link().broken(&self.request, &error)),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Ok(Some(self.buffer.split())),
            }
        }
    }
}
