//! The argument spec: which options a module takes, in the form of Ansible's `argument_spec`.
//!
//! Source: Ansible's developer guide, "Argument spec" and "Dependencies between module options".

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

/// A module's argument spec, as `build.rs` made it from the sidecar.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// The options, in the order of the documentation.
    pub options: IndexMap<String, Opt>,
    /// Whether the module honours check mode; if not, Ansible skips it there.
    pub supports_check_mode: bool,
    /// The rules between options.
    #[serde(flatten)]
    pub rules: Rules,
}

/// Rules between the options of one level.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Sets of options of which at most one may be given.
    pub mutually_exclusive: Vec<Vec<String>>,
    /// Sets of options that are given together or not at all.
    pub required_together: Vec<Vec<String>>,
    /// Sets of options of which at least one must be given.
    pub required_one_of: Vec<Vec<String>>,
    /// `[option, value, [needed…], any]`: when the option has the value, the others are needed (one of them with `any`).
    pub required_if: Vec<Value>,
    /// Options that need others.
    pub required_by: IndexMap<String, Value>,
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
    /// Environment variables that give its value when the user does not.
    pub fallback: Vec<String>,
    /// The options of a dict, or of each dict of a list.
    pub options: Option<IndexMap<String, Opt>>,
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
    /// The rules between suboptions.
    pub mutually_exclusive: Vec<Vec<String>>,
    /// See [`Rules`].
    pub required_together: Vec<Vec<String>>,
    /// See [`Rules`].
    pub required_one_of: Vec<Vec<String>>,
    /// See [`Rules`].
    pub required_if: Vec<Value>,
    /// See [`Rules`].
    pub required_by: IndexMap<String, Value>,
}

/// An alias that will go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
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
