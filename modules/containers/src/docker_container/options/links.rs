//! `links`: how a link to another container is written.

use std::collections::BTreeSet;

use serde::Deserialize;

/// `CONTAINER` or `CONTAINER:ALIAS`, each as the container's name and the alias.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Links(BTreeSet<(String, String)>);

impl From<Vec<String>> for Links {
    fn from(given: Vec<String>) -> Self {
        let link = |text: &String| {
            let (container, alias) = text.split_once(':').unwrap_or((text, text));
            (container.to_owned(), alias.to_owned())
        };
        Links(given.iter().map(link).collect())
    }
}

impl Links {
    /// As the engine tells them of the container `name`: `/CONTAINER:/NAME/ALIAS`. It takes them in that form too.
    pub fn of(&self, name: &str) -> BTreeSet<String> {
        self.0.iter().map(|(container, alias)| format!("/{container}:/{name}/{alias}")).collect()
    }
}
