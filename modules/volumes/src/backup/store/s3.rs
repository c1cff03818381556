//! Backups in a bucket of Amazon S3, or of what speaks as it does.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ansible::{Failure, Secret};
use bytes::Bytes;
use docker::Connection;
use docker::transport::{Link, Patience};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use rusty_s3::actions::{CreateMultipartUpload, ListObjectsV2};
use rusty_s3::{Bucket, Credentials, Method, S3Action, UrlStyle};
use serde::Deserialize;
use tokio::runtime::Runtime;

use super::{Sink, Store, Stored};
use crate::backup::moment;

/// Where the bucket is, and who asks.
#[derive(Debug, Clone, Deserialize)]
pub struct S3Options {
    pub endpoint: String,
    pub bucket: String,
    pub region: String,
    pub prefix: Option<String>,
    pub access_key: Option<String>,
    pub secret_key: Option<Secret>,
    pub session_token: Option<Secret>,
    pub path_style: bool,
    pub validate_certs: bool,
    pub ca_path: Option<PathBuf>,
}

/// A bucket.
pub struct S3(Arc<Inner>);

struct Inner {
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    link: Link,
    /// Never dropped: that is forbidden where asynchronous code runs, and the process ends soon after.
    runtime: &'static Runtime,
}

/// How long a signature holds.
const VALID: Duration = Duration::from_secs(3600);
/// A part that is uploaded at once. There may be 10,000: the later ones are larger, so that there is room for 300 GB.
const PART: usize = 16 << 20;
const LATER_PART: usize = 48 << 20;
const LATER: usize = 5_000;
/// An answer that is read whole is no longer than a page of a list.
const LONGEST: usize = 16 << 20;

impl S3 {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// The endpoint is no address, or no key is given.
    pub fn new(options: &S3Options) -> Result<S3, Failure> {
        let odd = |why: &dyn std::fmt::Display| Failure::new(format!("`s3.endpoint`: {}: {why}", options.endpoint));
        let style = if options.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let url = options.endpoint.parse().map_err(|_| odd(&"it is no address such as https://s3.example.org"))?;
        let bucket =
            Bucket::new(url, style, options.bucket.clone(), options.region.clone()).map_err(|error| odd(&error))?;
        let base = bucket.base_url();
        let host = base.host_str().unwrap_or_default();
        let named = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let port = base.port_or_known_default().unwrap_or(443);
        let secure = base.scheme() == "https";
        let connection = Connection {
            docker_host: format!("{}://{host}:{port}", if secure { "https" } else { "http" }),
            tls: secure && !options.validate_certs,
            validate_certs: secure && options.validate_certs,
            ca_path: options.ca_path.clone(),
            ..Connection::default()
        };
        let link = Link::new(&connection).map_err(|error| odd(&error))?.named(&named);
        let given = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let missing = |option: &str| Failure::new(format!("`s3.{option}` is missing"));
        let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        let key = options.access_key.clone().or_else(|| given("AWS_ACCESS_KEY_ID"));
        let key = key.ok_or_else(|| missing("access_key"))?;
        let word = secret(&options.secret_key).or_else(|| given("AWS_SECRET_ACCESS_KEY"));
        let word = word.ok_or_else(|| missing("secret_key"))?;
        let credentials = match secret(&options.session_token).or_else(|| given("AWS_SESSION_TOKEN")) {
            Some(token) => Credentials::new_with_token(key, word, token),
            None => Credentials::new(key, word),
        };
        let prefix = options.prefix.as_deref().unwrap_or_default().trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(S3(Arc::new(Inner { bucket, credentials, prefix, link, runtime: Box::leak(Box::new(runtime)) })))
    }
}

impl Inner {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Sends a request; an answer that is no success is an error with what the server says.
    fn send<'a>(&self, doing: &str, action: &impl S3Action<'a>, body: Bytes) -> Result<Response<Incoming>, Failure> {
        let url = action.sign(VALID);
        let method = match action_method(action) {
            Method::Head => hyper::Method::HEAD,
            Method::Get => hyper::Method::GET,
            Method::Post => hyper::Method::POST,
            Method::Put => hyper::Method::PUT,
            Method::Delete => hyper::Method::DELETE,
        };
        let failed = |why: &dyn std::fmt::Display| Failure::new(format!("{doing}: {why}"));
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let request = Request::builder().method(method).uri(target).body(Full::new(body));
        let request = request.map_err(|error| failed(&error))?;
        let answer = self.runtime.block_on(self.link.send(request, Patience::Endless));
        let answer = answer.map_err(|error| failed(&Failure::from(error).msg()))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let said = self.text(doing, answer).unwrap_or_default();
        let part = |tag: &str| Some(said.split_once(&format!("<{tag}>"))?.1.split_once('<')?.0.to_owned());
        let why = [part("Code"), part("Message")].into_iter().flatten().collect::<Vec<_>>().join(": ");
        Err(failed(&format!("the server answered {status}: {why}")))
    }

    /// A whole answer.
    fn text(&self, doing: &str, answer: Response<Incoming>) -> Result<String, Failure> {
        let body = http_body_util::Limited::new(answer.into_body(), LONGEST);
        let body = self.runtime.block_on(body.collect());
        let body = body.map_err(|error| Failure::new(format!("{doing}: reading the answer: {error}")))?;
        Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
    }
}

fn action_method<'a, Action: S3Action<'a>>(_: &Action) -> Method {
    Action::METHOD
}

impl Store for S3 {
    fn place(&self) -> String {
        format!("s3://{}/{}", self.0.bucket.name(), self.0.prefix.trim_end_matches('/'))
    }

    fn path(&self, name: &str) -> String {
        format!("s3://{}/{}", self.0.bucket.name(), self.0.key(name))
    }

    fn partial(&self, _: &str) -> Option<PathBuf> {
        None
    }

    fn list(&self) -> Result<Vec<Stored>, Failure> {
        let doing = format!("listing {}", self.place());
        let (mut files, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut action = ListObjectsV2::new(&self.0.bucket, Some(&self.0.credentials));
            action.with_prefix(self.0.prefix.clone());
            if let Some(token) = &token {
                action.with_continuation_token(token.clone());
            }
            let text = self.0.text(&doing, self.0.send(&doing, &action, Bytes::new())?)?;
            let page = ListObjectsV2::parse_response(&text)
                .map_err(|error| Failure::new(format!("{doing}: the answer is no list: {error}")))?;
            for object in page.contents {
                if let Some(name) = object.key.strip_prefix(&self.0.prefix) {
                    let at = object.last_modified.unwrap_or_default();
                    let time = at.get(..19).and_then(|at| moment::seconds(&format!("{at}Z")));
                    files.push(Stored {
                        name: name.to_owned(),
                        size: object.size.unwrap_or_default(),
                        time: time.unwrap_or_default(),
                        content: None,
                    });
                }
            }
            match page.next_continuation_token {
                Some(next) => token = Some(next),
                None => return Ok(files),
            }
        }
    }

    fn read(&self, name: &str) -> Result<Box<dyn Read + Send>, Failure> {
        let key = self.0.key(name);
        let action = self.0.bucket.get_object(Some(&self.0.credentials), &key);
        let answer = self.0.send(&format!("reading {}", self.path(name)), &action, Bytes::new())?;
        Ok(Box::new(Reading { inner: self.0.clone(), body: answer.into_body(), piece: Bytes::new() }))
    }

    fn create(&self, name: &str) -> Result<Box<dyn Sink>, Failure> {
        let path = self.path(name);
        Ok(Box::new(Writing { inner: self.0.clone(), key: self.0.key(name), path, part: Vec::new(), upload: None }))
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        let key = self.0.key(name);
        let action = self.0.bucket.delete_object(Some(&self.0.credentials), &key);
        self.0.send(&format!("removing {}", self.path(name)), &action, Bytes::new()).map(drop)
    }
}

struct Reading {
    inner: Arc<Inner>,
    body: Incoming,
    piece: Bytes,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.inner.runtime.block_on(self.body.frame()) {
                None => return Ok(0),
                Some(Ok(frame)) => self.piece = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, error)),
            }
        }
        let length = buffer.len().min(self.piece.len());
        buffer[..length].copy_from_slice(&self.piece.split_to(length));
        Ok(length)
    }
}

/// An object on its way: in one request where it is small, else in parts. The server shows it when all are there.
struct Writing {
    inner: Arc<Inner>,
    key: String,
    path: String,
    part: Vec<u8>,
    /// The upload's ID, and what the server called its parts.
    upload: Option<(String, Vec<String>)>,
}

impl Writing {
    fn upload_part(&mut self) -> Result<(), Failure> {
        let inner = self.inner.clone();
        let doing = format!("writing {}", self.path);
        if self.upload.is_none() {
            let action = inner.bucket.create_multipart_upload(Some(&inner.credentials), &self.key);
            let text = inner.text(&doing, inner.send(&doing, &action, Bytes::new())?)?;
            let answer = CreateMultipartUpload::parse_response(&text)
                .map_err(|error| Failure::new(format!("{doing}: the answer is none: {error}")))?;
            self.upload = Some((answer.upload_id().to_owned(), Vec::new()));
        }
        let Some((id, tags)) = &mut self.upload else { return Ok(()) };
        let number = u16::try_from(tags.len() + 1).map_err(|_| Failure::new(format!("{doing}: it is too large")))?;
        let part = Bytes::from(std::mem::take(&mut self.part));
        let action = inner.bucket.upload_part(Some(&inner.credentials), &self.key, number, id);
        let answer = inner.send(&doing, &action, part)?;
        let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok());
        tags.push(tag.ok_or_else(|| Failure::new(format!("{doing}: the server gives no ETag")))?.to_owned());
        inner.text(&doing, answer).map(drop)
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        let later = self.upload.as_ref().is_some_and(|(_, tags)| tags.len() > LATER);
        if self.part.len() >= if later { LATER_PART } else { PART } {
            let sent = self.upload_part();
            sent.map_err(|failure| io::Error::new(io::ErrorKind::ConnectionAborted, failure.msg().to_owned()))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Writing {
    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        let inner = self.inner.clone();
        let doing = format!("writing {}", self.path);
        if self.upload.is_none() {
            let action = inner.bucket.put_object(Some(&inner.credentials), &self.key);
            let answer = inner.send(&doing, &action, std::mem::take(&mut self.part).into())?;
            return inner.text(&doing, answer).map(drop);
        }
        if !self.part.is_empty() {
            self.upload_part()?;
        }
        let Some((id, tags)) = &self.upload else { return Ok(()) };
        let tags = tags.iter().map(String::as_str);
        let action = inner.bucket.complete_multipart_upload(Some(&inner.credentials), &self.key, id, tags.clone());
        let body = action.clone().body();
        let text = inner.text(&doing, inner.send(&doing, &action, body.into())?)?;
        // It may say so only after it has said that all is well.
        if text.contains("<Error>") {
            return Err(Failure::new(format!("{doing}: the server could not put the parts together: {text}")));
        }
        self.upload = None;
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some((id, _)) = &self.upload {
            let action = self.inner.bucket.abort_multipart_upload(Some(&self.inner.credentials), &self.key, id);
            // A bucket's own rules remove what could not be removed now.
            let _ = self.inner.send("ending the upload", &action, Bytes::new());
        }
    }
}
