//! Secrets and configs: content that a swarm keeps under a name, `GET /secrets` and `GET /configs`. Only their labels can be
//! changed, and of a secret the content never comes back.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::json;

use crate::swarm::ObjectVersion;
use crate::{Engine, Error, Inspected};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    /// Its content is kept encrypted, and only tasks see it.
    Secret,
    /// Managers see its content too.
    Config,
}

impl fmt::Display for ContentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContentKind::Secret => "secret",
            ContentKind::Config => "config",
        })
    }
}

/// What plans read of a secret or config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Content {
    /// Its ID: 25 letters and digits.
    #[serde(rename = "ID")]
    pub id: String,
    /// Which version of it this is.
    pub version: ObjectVersion,
    /// How it was made.
    pub spec: ContentSpec,
}

/// How a secret or config was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContentSpec {
    /// Its name, unique.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What makes a text of a template, where it is one.
    pub templating: Templating,
}

/// What makes a text of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Templating {
    /// `golang`, or empty for none.
    pub name: String,
}

impl Engine {
    /// The secrets or configs whose names begin with one of `names`; all of them when there is none.
    ///
    /// # Errors
    /// This engine is no manager.
    pub async fn contents(&self, kind: ContentKind, names: &[&str]) -> Result<Vec<Inspected<Content>>, Error> {
        let filters = if names.is_empty() { json!({}) } else { json!({ "name": names }) };
        self.list(&format!("/{kind}s"), &[("filters", &filters.to_string())]).await
    }
}
