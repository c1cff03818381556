//! Filters for the engine's lists.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Text;

/// Filters as the user gave them: each key with one value or several, any of which may match (for `label`, all must).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<String, OneOrMore>")]
pub struct Filters(pub BTreeMap<String, Vec<String>>);

impl Filters {
    /// As the engine's `filters` parameter takes them: JSON.
    pub fn to_query(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<Text>),
    One(Text),
}

impl From<BTreeMap<String, OneOrMore>> for Filters {
    fn from(given: BTreeMap<String, OneOrMore>) -> Self {
        let values = |value| match value {
            OneOrMore::One(text) => vec![text.0],
            OneOrMore::More(texts) => texts.into_iter().map(|text| text.0).collect(),
        };
        Filters(given.into_iter().map(|(key, value)| (key, values(value))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_lists_of_text() {
        let filters: Filters =
            serde_json::from_str(r#"{"dangling": true, "label": ["a=b", "c"], "until": "24h", "since": 5}"#).unwrap();
        assert_eq!(filters.to_query(), r#"{"dangling":["true"],"label":["a=b","c"],"since":["5"],"until":["24h"]}"#);
    }
}
