//! The argument spec: which options a module takes, in the form of Ansible's `argument_spec`.
//!
//! Source: Ansible's developer guide, "Argument spec" and "Dependencies between module options".

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// The options of one level, in the order of the documentation.
pub type Options = IndexMap<String, Opt>;

/// A module's argument spec, as `build.rs` made it from the sidecar.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// The options.
    pub options: Options,
    /// Whether the module honours check mode; if not, Ansible skips it there.
    pub supports_check_mode: bool,
    /// The rules between the options.
    #[serde(flatten)]
    pub rules: Rules,
}

/// Rules between the options of one level: a module's own, or the suboptions of one option.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Sets of options of which at most one may be given.
    pub mutually_exclusive: Vec<Vec<String>>,
    /// Sets of options that are given together or not at all.
    pub required_together: Vec<Vec<String>>,
    /// Sets of options of which at least one must be given.
    pub required_one_of: Vec<Vec<String>>,
    /// Options that are needed when another has a certain value.
    pub required_if: Vec<RequiredIf>,
    /// Options that need others.
    pub required_by: IndexMap<String, Names>,
}

/// `[option, value, [needed…]]`, or `[option, value, [needed…], any]`.
#[derive(Debug, Deserialize)]
#[serde(from = "RequiredIfForm")]
pub struct RequiredIf {
    /// The option that is looked at.
    pub option: String,
    /// The value that it must have for the rule to hold.
    pub value: Value,
    /// What is then needed.
    pub needed: Vec<String>,
    /// Whether one of them is enough.
    pub any: bool,
}

/// How a [`RequiredIf`] is written.
#[derive(Deserialize)]
#[serde(untagged)]
enum RequiredIfForm {
    All(String, Value, Names),
    Any(String, Value, Names, bool),
}

impl From<RequiredIfForm> for RequiredIf {
    fn from(form: RequiredIfForm) -> Self {
        let (option, value, needed, any) = match form {
            RequiredIfForm::All(option, value, needed) => (option, value, needed, false),
            RequiredIfForm::Any(option, value, needed, any) => (option, value, needed, any),
        };
        RequiredIf { option, value, needed: needed.0, any }
    }
}

/// One name or a list of names.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "NamesForm")]
pub struct Names(pub Vec<String>);

/// How [`Names`] are written.
#[derive(Deserialize)]
#[serde(untagged)]
enum NamesForm {
    One(String),
    Many(Vec<String>),
}

impl From<NamesForm> for Names {
    fn from(form: NamesForm) -> Self {
        match form {
            NamesForm::One(name) => Names(vec![name]),
            NamesForm::Many(names) => Names(names),
        }
    }
}

/// One option.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Opt {
    /// Its type; `str` when not given.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The type of a list's elements.
    pub elements: Option<Kind>,
    /// Whether it must be given.
    pub required: bool,
    /// Its value when it is not given.
    pub default: Option<Value>,
    /// The values that it may have.
    pub choices: Option<Vec<Value>>,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Whether its value is a secret; `None`: not decided (Ansible warns when the name looks like one).
    pub no_log: Option<bool>,
    /// Environment variables that give its value when the user does not; the first that is set counts.
    pub fallback: Vec<String>,
    /// The options of a dict, or of each dict of a list.
    pub options: Option<Options>,
    /// Whether the defaults of suboptions apply when the dict itself is not given.
    pub apply_defaults: bool,
    /// The version of the collection that will drop it.
    pub removed_in_version: Option<String>,
    /// The date (YYYY-MM-DD) after which it will be dropped.
    pub removed_at_date: Option<String>,
    /// The collection that `removed_in_version` speaks of.
    pub removed_from_collection: Option<String>,
    /// Aliases that will go.
    pub deprecated_aliases: Vec<DeprecatedAlias>,
    /// The rules between its suboptions.
    #[serde(flatten)]
    pub rules: Rules,
}

impl Opt {
    /// The suboptions of a dict or of a list of dicts. Ansible looks at those of no other type.
    pub fn suboptions(&self) -> Option<&Options> {
        let nests = self.kind == Kind::Dict || (self.kind == Kind::List && self.elements == Some(Kind::Dict));
        self.options.as_ref().filter(|_| nests)
    }
}

/// An alias that will go.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeprecatedAlias {
    /// The alias.
    pub name: String,
    /// The version that drops it.
    pub version: Option<String>,
    /// The date (YYYY-MM-DD) after which it goes.
    pub date: Option<String>,
    /// The collection that `version` speaks of.
    pub collection_name: Option<String>,
}

/// The types that Ansible's argument spec knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Kind {
    #[default]
    Str,
    Int,
    Float,
    Bool,
    List,
    Dict,
    Path,
    Raw,
    Json,
    Jsonarg,
    Bytes,
    Bits,
}

impl Kind {
    /// Its name, as specs and messages write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Str => "str",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Bool => "bool",
            Kind::List => "list",
            Kind::Dict => "dict",
            Kind::Path => "path",
            Kind::Raw => "raw",
            Kind::Json => "json",
            Kind::Jsonarg => "jsonarg",
            Kind::Bytes => "bytes",
            Kind::Bits => "bits",
        }
    }
}
