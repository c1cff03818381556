//! What there is of a secret or config: the one of that name, or its versions.

use ansible::Failure;
use docker::{Content, ContentKind, Engine};

use super::options::Options;
use super::plan::version;

/// The oldest first.
pub async fn observe(engine: &Engine, kind: ContentKind, options: &Options) -> Result<Vec<Content>, Failure> {
    if options.name.is_empty() {
        return Err(Failure::new(format!("`name` is empty: give the {kind}'s name")));
    }
    let failed = |error| Failure::new(format!("Error accessing {kind} {}: {error}", options.name));
    let found = engine.contents(kind, &[&options.name]).await.map_err(failed)?;
    let mut found: Vec<Content> = found
        .into_iter()
        .map(|content| content.typed)
        .filter(|content| is_meant(options, &content.spec.name))
        .collect();
    found.sort_by_key(version);
    Ok(found)
}

/// A version's name is `NAME_v` and a number. The engine's filter goes by the beginning, and `NAME_vault` is another's.
fn is_meant(options: &Options, name: &str) -> bool {
    if !options.rolling_versions {
        return name == options.name;
    }
    let number = name.strip_prefix(&options.name).and_then(|rest| rest.strip_prefix("_v"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}
