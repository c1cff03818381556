//! What happens with a secret or config, from the options and what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ansible::{Failure, Plan};
use docker::{Content, ContentKind};
use serde::Serialize;

use super::options::{Data, Options, State, TemplateDriver};

/// The label that tells the content.
pub const KEY: &str = "ansible_key";
/// The label that tells the version.
const VERSION: &str = "ansible_version";

/// What is kept, in the words of the options. The content shows only as the same or another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    name: String,
    #[serde(skip)]
    id: Option<String>,
    data: Which,
    #[serde(skip)]
    key: Option<String>,
    labels: BTreeMap<String, String>,
    template_driver: Option<String>,
    /// The names of those that are older.
    older_versions: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Which {
    /// The content that is there.
    Old,
    /// Another one.
    New,
}

impl Kept {
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// That of one that was there before.
    pub fn id(&self) -> Option<String> {
        self.id.clone()
    }
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Create { kind: ContentKind, name: String, labels: BTreeMap<String, String>, template_driver: Option<String> },
    Remove { kind: ContentKind, id: String, name: String },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Create { kind, .. } if f.alternate() => write!(f, "Error creating {kind}"),
            Action::Create { kind, name, .. } => write!(f, "create {kind} {name}"),
            Action::Remove { kind, name, .. } if f.alternate() => write!(f, "Error removing {kind} {name}"),
            Action::Remove { kind, name, .. } => write!(f, "remove {kind} {name}"),
        }
    }
}

/// The version that a label tells; 0 where none does.
pub fn version(content: &Content) -> u64 {
    content.spec.labels.get(VERSION).and_then(|version| version.parse().ok()).unwrap_or(0)
}

/// Neither secrets nor configs can be changed: another content needs another one, under the same name or, rolling, the next.
///
/// # Errors
/// There is to be one, but no content was given.
pub fn plan(
    kind: ContentKind,
    options: &Options,
    data: Option<&Data>,
    observed: &[Content],
) -> Result<Plan<Kept, Action>, Failure> {
    let remove = |content: &Content| Action::Remove { kind, id: content.id.clone(), name: content.spec.name.clone() };
    let before = observed.split_last().map(|(newest, older)| kept(newest, older));
    if options.state == State::Absent {
        return Ok(Plan { before, after: None, actions: observed.iter().map(remove).collect() });
    }
    let key =
        data.ok_or_else(|| Failure::new("state is present but any of the following are missing: data, data_src"))?;
    let key = key.key();
    let template_driver = options.template_driver.map(TemplateDriver::word);
    let mut actions = Vec::new();
    let newest =
        observed.last().filter(|newest| !options.force && is_as_wanted(options, template_driver, &key, newest));
    let mut there: Vec<&Content> = observed.iter().collect();
    let mut after = match (newest, &before) {
        (Some(_), Some(before)) => before.clone(),
        _ => {
            let (name, mut labels) = if options.rolling_versions {
                let next = observed.last().map_or(0, version).saturating_add(1);
                (format!("{}_v{next}", options.name), BTreeMap::from([(VERSION.to_owned(), next.to_string())]))
            } else {
                actions.extend(there.drain(..).map(remove));
                (options.name.clone(), BTreeMap::new())
            };
            labels.insert(KEY.to_owned(), key.clone());
            labels.extend(options.labels.clone().unwrap_or_default().0);
            let template_driver = template_driver.map(str::to_owned);
            let shown = without_ours(&labels);
            let template = template_driver.clone();
            actions.push(Action::Create { kind, name: name.clone(), labels, template_driver: template });
            let data = if before.as_ref().and_then(|before| before.key.as_ref()) == Some(&key) {
                Which::Old
            } else {
                Which::New
            };
            Kept {
                name,
                id: None,
                data,
                key: Some(key),
                labels: shown,
                template_driver,
                older_versions: BTreeSet::new(),
            }
        }
    };
    if let (true, Ok(keep)) = (options.rolling_versions, usize::try_from(options.versions_to_keep)) {
        let made = usize::from(after.id.is_none());
        let surplus = (there.len() + made).saturating_sub(keep.max(1));
        actions.extend(there.drain(..surplus.min(there.len())).map(remove));
    }
    let names = there.iter().map(|content| content.spec.name.clone());
    after.older_versions = names.filter(|name| *name != after.name).collect();
    Ok(Plan { before, after: Some(after), actions })
}

fn kept(newest: &Content, older: &[Content]) -> Kept {
    Kept {
        name: newest.spec.name.clone(),
        id: Some(newest.id.clone()),
        data: Which::Old,
        key: newest.spec.labels.get(KEY).cloned(),
        labels: without_ours(&newest.spec.labels),
        template_driver: Some(newest.spec.templating.name.clone()).filter(|name| !name.is_empty()),
        older_versions: older.iter().map(|content| content.spec.name.clone()).collect(),
    }
}

/// The content of one that another tool made is not known; it counts as what is wanted.
fn is_as_wanted(options: &Options, template_driver: Option<&str>, key: &str, content: &Content) -> bool {
    let spec = &content.spec;
    let labels = options.labels.iter().flat_map(|labels| &labels.0);
    spec.labels.get(KEY).is_none_or(|there| there.is_empty() || there == key)
        && spec.templating.name == template_driver.unwrap_or_default()
        && labels.into_iter().all(|(name, value)| spec.labels.get(name) == Some(value))
}

fn without_ours(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let others = labels.iter().filter(|(name, _)| ![KEY, VERSION].contains(&name.as_str()));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Runs the golden cases of `module`.
#[cfg(test)]
pub fn golden(module: &ansible::Module, kind: ContentKind) {
    use docker::{ContentSpec, Templating};

    ansible::golden::cases(
        module,
        env!("CARGO_MANIFEST_DIR"),
        |options: &Options, observed: Option<&Vec<Content>>| {
            let data = options.read_data()?;
            plan(kind, options, data.as_ref(), observed.map_or(&[], Vec::as_slice))
        },
        |observed, after| {
            let after = after?;
            let mut there = observed.unwrap_or_default();
            there.retain(|content| after.older_versions.contains(&content.spec.name));
            let number = after.name.rsplit_once("_v").map_or("0", |(_, number)| number).to_owned();
            let ours = [(KEY.to_owned(), after.key), (VERSION.to_owned(), Some(number))];
            let ours = ours.into_iter().filter_map(|(label, value)| Some((label, value?)));
            let spec = ContentSpec {
                name: after.name,
                labels: after.labels.into_iter().chain(ours).collect(),
                templating: Templating { name: after.template_driver.unwrap_or_default() },
            };
            there.push(Content { spec, id: "there".to_owned(), ..Content::default() });
            Some(there)
        },
    );
}
