//! One engine: connect, negotiate, read.

use std::sync::Arc;

use bollard::{BollardRequest, ClientVersion, Docker};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hyper::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::transport::{Link, Patience};
use crate::{ApiVersion, Connection, Error, Inspected, encode};

/// An engine that answered, or that the user's `api_version` says how to speak to.
#[derive(Debug)]
pub struct Engine {
    link: Arc<Link>,
    client: Docker,
    patient: Docker,
    version: ApiVersion,
    warnings: Vec<String>,
    server: OnceCell<Server>,
}

/// What the engine says of itself: `GET /version`.
#[derive(Debug, Clone)]
pub struct Server {
    /// The engine's version, such as 28.5.2.
    pub version: String,
    /// The newest API that it speaks.
    pub api_version: Option<ApiVersion>,
    /// The oldest API that it speaks; Podman before 4 says none.
    pub min_api_version: Option<ApiVersion>,
    /// Its system, such as linux.
    pub os: String,
    /// Its machine, such as amd64.
    pub arch: String,
    /// The whole answer.
    pub raw: Value,
}

impl Engine {
    /// Connects: reads the options, and asks the engine for its newest API (`GET /_ping`), which is the one round trip;
    /// a pinned `api_version` saves it.
    ///
    /// # Errors
    /// An option is not usable, the engine can't be reached, or its API is below [`ApiVersion::OLDEST`].
    pub async fn connect(connection: &Connection) -> Result<Engine, Error> {
        let pinned = connection.pinned_version()?;
        let link = Arc::new(Link::new(connection)?);
        let mut warnings = Vec::new();
        let version = match pinned {
            Some(version) => version,
            None => {
                let newest = ping(&link).await?;
                if newest > ApiVersion::NEWEST {
                    warnings.push(format!(
                        "the engine speaks API {newest}, newer than {}, the newest that this release knows: it is spoken to in {}",
                        ApiVersion::NEWEST, ApiVersion::NEWEST
                    ));
                }
                newest.min(ApiVersion::NEWEST)
            }
        };
        link.speak(version);
        let client = bollard_over(&link, Patience::Timeout, version)?;
        let patient = bollard_over(&link, Patience::Endless, version)?;
        Ok(Engine { link, client, patient, version, warnings, server: OnceCell::new() })
    }

    /// Reads `path` (not encoded: names may stand in it as they are) with `query` (pairs, not encoded either).
    ///
    /// # Errors
    /// The engine can't be reached, answers with a status of 400 or above, or with something that is not JSON.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        self.exchange(Method::GET, path, query, Bytes::new()).await
    }

    /// Sends `body` as JSON to `path`, for the few bodies that bollard's types don't cover; answers as [`Engine::get`]
    /// does, with null for an empty answer.
    ///
    /// # Errors
    /// Those of [`Engine::get`].
    pub async fn post(&self, path: &str, query: &[(&str, &str)], body: &Value) -> Result<Value, Error> {
        self.exchange(Method::POST, path, query, body.to_string().into()).await
    }

    /// Removes what stands at `path`.
    ///
    /// # Errors
    /// Those of [`Engine::get`].
    pub async fn delete(&self, path: &str) -> Result<(), Error> {
        self.exchange(Method::DELETE, path, &[], Bytes::new()).await.map(drop)
    }

    async fn exchange(&self, method: Method, path: &str, query: &[(&str, &str)], body: Bytes) -> Result<Value, Error> {
        let target = format!("{}{}", encode::path(path), encode::query(query));
        let (head, answer) = self.link.exchange(method.clone(), &target, body).await?;
        let status = head.status();
        if !status.is_success() {
            let endpoint = self.link.endpoint().to_string();
            return Err(Error::from_answer(&endpoint, status.as_u16(), &String::from_utf8_lossy(&answer)));
        }
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer)
            .map_err(|error| Error::Unexpected { what: format!("{method} {path}"), reason: error.to_string() })
    }

    /// As [`Engine::get`]; `None` when the engine answers 404, or redirects: its router does that to a path with `..`,
    /// and nothing has a name such as that.
    ///
    /// # Errors
    /// Those of [`Engine::get`], those two apart.
    pub async fn get_optional(&self, path: &str, query: &[(&str, &str)]) -> Result<Option<Value>, Error> {
        match self.get(path, query).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() || error.status() == Some(301) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the list at `path`; each of its objects is told of in an error by the path.
    ///
    /// # Errors
    /// Those of [`Engine::get`].
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<Inspected<T>>, Error> {
        match self.get(path, query).await? {
            Value::Array(items) => items.into_iter().map(|item| Inspected::new(item, path)).collect(),
            Value::Null => Ok(Vec::new()),
            other => Err(Error::Unexpected { what: format!("GET {path}"), reason: format!("it is no list: {other}") }),
        }
    }

    /// The connection itself.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Writes through bollard, over the same connection: `engine.write(|client| client.create_volume(request))`.
    ///
    /// bollard is reached in no other way, so that its errors are ours before anybody sees them. It puts names into its
    /// paths as they are: one that may hold more than a URL's letters goes through [`crate::url_path`].
    ///
    /// # Errors
    /// The engine can't be reached or refuses.
    pub async fn write<'a, T, Call>(&'a self, call: impl FnOnce(&'a Docker) -> Call) -> Result<T, Error>
    where
        Call: Future<Output = Result<T, bollard::errors::Error>>,
    {
        call(&self.client).await.map_err(|error| self.told_by_bollard(error))
    }

    /// As [`Engine::write`], but it waits for the start of an answer as long as it takes: for starts, removals, and
    /// stops with a long grace.
    ///
    /// # Errors
    /// As [`Engine::write`].
    pub async fn write_patiently<'a, T, Call>(&'a self, call: impl FnOnce(&'a Docker) -> Call) -> Result<T, Error>
    where
        Call: Future<Output = Result<T, bollard::errors::Error>>,
    {
        call(&self.patient).await.map_err(|error| self.told_by_bollard(error))
    }

    /// What bollard gives piece by piece, such as logs or a wait; as patient as [`Engine::write_patiently`], and its
    /// errors are ours too.
    pub fn stream<'a, T, Pieces>(
        &'a self,
        call: impl FnOnce(&'a Docker) -> Pieces,
    ) -> impl Stream<Item = Result<T, Error>>
    where
        Pieces: Stream<Item = Result<T, bollard::errors::Error>>,
    {
        call(&self.patient).map(|piece| piece.map_err(|error| self.told_by_bollard(error)))
    }

    pub(crate) fn told_by_bollard(&self, error: bollard::errors::Error) -> Error {
        Error::from_bollard(error, &self.link.endpoint().to_string())
    }

    /// The API version that is spoken.
    pub fn api_version(&self) -> ApiVersion {
        self.version
    }

    /// What the user should know about this engine.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How many requests were sent, by all clients of this engine.
    pub fn calls(&self) -> u64 {
        self.link.calls()
    }

    /// What the engine says of itself. Asked once.
    ///
    /// # Errors
    /// Those of [`Engine::get`].
    pub async fn server(&self) -> Result<&Server, Error> {
        self.server.get_or_try_init(|| async { Ok(Server::from_raw(self.get("/version", &[]).await?)) }).await
    }
}

impl Server {
    fn from_raw(raw: Value) -> Server {
        let text = |key: &str| raw.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Server {
            version: text("Version"),
            api_version: text("ApiVersion").parse().ok(),
            min_api_version: text("MinAPIVersion").parse().ok(),
            os: text("Os"),
            arch: text("Arch"),
            raw,
        }
    }
}

/// The newest API that the engine speaks: the header of `/_ping`, which needs no version itself.
async fn ping(link: &Link) -> Result<ApiVersion, Error> {
    let endpoint = link.endpoint().to_string();
    let (head, body) = link.exchange(Method::GET, "/_ping", Bytes::new()).await?;
    let status = head.status();
    if status == hyper::StatusCode::SERVICE_UNAVAILABLE {
        return Err(Error::Starting { endpoint, reason: String::from_utf8_lossy(&body).trim().to_owned() });
    }
    if !status.is_success() {
        return Err(Error::from_answer(&endpoint, status.as_u16(), &String::from_utf8_lossy(&body)));
    }
    let header = head.headers().get("Api-Version").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let version = header.parse::<ApiVersion>().map_err(|()| Error::Unexpected {
        what: format!("GET /_ping of {endpoint}"),
        reason: "it names no Api-Version, so this is not an engine; check `docker_host`".to_owned(),
    })?;
    if version < ApiVersion::OLDEST {
        return Err(Error::EngineTooOld { endpoint, version });
    }
    Ok(version)
}

/// bollard, speaking through `link`. The time limit is the link's, whose error names the request.
fn bollard_over(link: &Arc<Link>, patience: Patience, version: ApiVersion) -> Result<Docker, Error> {
    let (link, endpoint) = (link.clone(), link.endpoint().to_string());
    let transport = move |request: BollardRequest| {
        let link = link.clone();
        async move { link.send(request, patience).await.map_err(Into::into) }
    };
    let version = ClientVersion { major_version: version.major.into(), minor_version: version.minor.into() };
    // bollard needs an address to build URLs from; the link drops it again.
    Docker::connect_with_custom_transport(transport, Some("http://docker"), u64::MAX, &version)
        .map_err(|error| Error::from_bollard(error, &endpoint))
}
