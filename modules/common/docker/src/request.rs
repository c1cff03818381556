//! Requests with headers and a body that bollard's calls don't take.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::{Method, Request};

use crate::transport::Patience;
use crate::{Engine, Error, encode};

impl Engine {
    /// Sends `method` to `path` with `query` (neither encoded) and extra `headers`; the body of an answer that is no
    /// refusal. There is no time limit: the work may be a pull or a build.
    ///
    /// # Errors
    /// The engine can't be reached, or answers with a status of 400 or above.
    pub(crate) async fn send<B>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, String)],
        body: B,
    ) -> Result<Incoming, Error>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let what = format!("{method} {path}");
        let mut request =
            Request::builder().method(method).uri(format!("{}{}", encode::path(path), encode::query(query)));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request =
            request.body(body).map_err(|error| Error::Unexpected { what: what.clone(), reason: error.to_string() })?;
        let (head, mut body) = self.link().send(request, Patience::Endless).await?.into_parts();
        if head.status.is_success() {
            return Ok(body);
        }
        let answer = self.read(&what, &mut body).await?;
        let endpoint = self.link().endpoint().to_string();
        Err(Error::from_answer(&endpoint, head.status.as_u16(), &String::from_utf8_lossy(&answer)))
    }

    /// Reads an answer to its end.
    pub(crate) async fn read(&self, what: &str, body: &mut Incoming) -> Result<Bytes, Error> {
        body.collect().await.map(|body| body.to_bytes()).map_err(|error| self.link().broken(what, &error))
    }
}
