//! The shape of a sidecar file.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A whole file; a fragment has `DOCUMENTATION` and `x-spec` only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(rename = "DOCUMENTATION")]
    pub documentation: Documentation,
    #[serde(rename = "EXAMPLES", default)]
    pub examples: String,
    #[serde(rename = "RETURN", default)]
    pub returned: IndexMap<String, Returned>,
    #[serde(rename = "x-spec", default)]
    pub x_spec: XSpec,
}

/// `DOCUMENTATION`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Documentation {
    pub module: Option<String>,
    pub short_description: Option<String>,
    pub description: Text,
    pub version_added: Option<String>,
    pub author: Text,
    pub extends_documentation_fragment: Text,
    pub attributes: IndexMap<String, Attribute>,
    pub options: IndexMap<String, Documented>,
    pub notes: Text,
    pub requirements: Text,
    pub seealso: Vec<Value>,
    pub todo: Text,
    pub deprecated: Option<Value>,
}

/// One of the `attributes`: what the module supports, and (in a fragment) what that means.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attribute {
    pub support: Option<Support>,
    pub description: Text,
    pub details: Text,
    pub membership: Text,
    pub version_added: Option<String>,
}

/// How far an attribute is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Support {
    #[serde(rename = "full")]
    Full,
    #[serde(rename = "partial")]
    Partial,
    #[serde(rename = "none")]
    None,
    #[serde(rename = "N/A")]
    NotApplicable,
}

/// One documented option.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Documented {
    pub description: Text,
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    pub elements: Option<Kind>,
    pub required: bool,
    pub default: Option<Value>,
    pub choices: Choices,
    pub aliases: Vec<String>,
    pub version_added: Option<String>,
    pub suboptions: IndexMap<String, Documented>,
}

/// One documented return value.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Returned {
    pub description: Text,
    pub returned: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<ReturnedKind>,
    pub elements: Option<ReturnedKind>,
    pub sample: Option<Value>,
    pub choices: Option<Value>,
    pub version_added: Option<String>,
    pub contains: IndexMap<String, Returned>,
}

/// `x-spec`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XSpec {
    pub supports_check_mode: bool,
    pub options: IndexMap<String, XOption>,
    pub mutually_exclusive: Vec<Vec<String>>,
    pub required_together: Vec<Vec<String>>,
    pub required_one_of: Vec<Vec<String>>,
    pub required_if: Vec<RequiredIf>,
    pub required_by: IndexMap<String, Text>,
}

/// What the documentation of an option can't say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XOption {
    pub no_log: Option<bool>,
    pub fallback: Vec<String>,
    pub apply_defaults: bool,
    pub removed_in_version: Option<String>,
    pub removed_at_date: Option<String>,
    pub removed_from_collection: Option<String>,
    pub deprecated_aliases: Vec<DeprecatedAlias>,
    pub options: IndexMap<String, XOption>,
    pub mutually_exclusive: Vec<Vec<String>>,
    pub required_together: Vec<Vec<String>>,
    pub required_one_of: Vec<Vec<String>>,
    pub required_if: Vec<RequiredIf>,
    pub required_by: IndexMap<String, Text>,
}

/// An alias that will go, and when.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeprecatedAlias {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub collection_name: String,
}

/// `[option, value, [needed…]]`, or with `true` as a fourth: one of the needed is enough.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum RequiredIf {
    All(String, Value, Vec<String>),
    Any(String, Value, Vec<String>, bool),
}

impl RequiredIf {
    /// The option, its value, and the options that are then needed.
    pub fn parts(&self) -> (&str, &Value, &[String]) {
        match self {
            Self::All(option, value, needed) | Self::Any(option, value, needed, _) => (option, value, needed),
        }
    }
}

/// One paragraph or several.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Text {
    One(String),
    Many(Vec<String>),
}

impl Default for Text {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Text {
    /// The paragraphs.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }

    /// Whether it says nothing, in whole or in a paragraph.
    pub fn says_nothing(&self) -> bool {
        self.all().is_empty() || self.all().iter().any(|text| text.trim().is_empty())
    }
}

/// The values an option may have; as a mapping, each with its description.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Choices {
    Plain(Vec<Value>),
    Described(IndexMap<String, Text>),
}

impl Default for Choices {
    fn default() -> Self {
        Self::Plain(Vec::new())
    }
}

impl Choices {
    /// The values.
    pub fn values(&self) -> Vec<Value> {
        match self {
            Self::Plain(values) => values.clone(),
            Self::Described(values) => values.keys().map(|value| Value::from(value.as_str())).collect(),
        }
    }
}

/// The types that Ansible's argument spec knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
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
    /// Whether `value` is of this type as it stands, without Ansible's coercion: what a default should be.
    pub fn holds(self, value: &Value) -> bool {
        match self {
            Self::Str | Self::Path => value.is_string(),
            Self::Int => value.is_i64() || value.is_u64(),
            Self::Float => value.is_number(),
            Self::Bool => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Dict => value.is_object(),
            Self::Bytes | Self::Bits => value.is_string() || value.is_u64(),
            Self::Raw | Self::Json | Self::Jsonarg => true,
        }
    }
}

/// The types that a return value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReturnedKind {
    Str,
    Int,
    Float,
    Bool,
    List,
    Dict,
    Path,
    Raw,
    Json,
    Bytes,
    Bits,
    Any,
    Complex,
}
