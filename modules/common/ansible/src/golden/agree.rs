//! Proves that a module's sidecar and the types that read its options agree.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::probe::{Shape, shape};
use crate::check::coerced;
use crate::spec::{Kind, Opt, Options, Spec};

/// A type that reads options, as [`agree`] needs it: see [`reads`].
pub struct Reader {
    shape: fn(&[&str]) -> Shape,
    refusal: fn(Value) -> Option<Refusal>,
}

/// Why a type did not take a value, and where in it.
struct Refusal {
    path: String,
    why: String,
}

/// The reader that `T` is.
pub fn reads<T: DeserializeOwned>() -> Reader {
    Reader {
        shape: shape::<T>,
        refusal: |value| {
            let refused = located::from_value::<T>(value).err()?;
            Some(Refusal { path: refused.path(), why: refused.why })
        },
    }
}

/// Holds a spec (the JSON that `build.rs` made of the sidecar) against the types that read it, which together must know
/// every option and nothing else. Suboptions are compared where their field is a struct (or a list of structs).
///
/// # Errors
/// Every disagreement, one a line: an option without a field, a field without documentation, a choice or default that
/// the type refuses, a variant that is no choice, a field that must be given though its option need not be.
pub fn agree(spec: &str, readers: &[Reader]) -> Result<(), String> {
    let spec: Spec = serde_json::from_str(spec).map_err(|error| format!("the spec: {error}"))?;
    let mut level = Level { readers: readers.iter().collect(), above: Vec::new(), found: Vec::new() };
    level.compare(&spec.options);
    if level.found.is_empty() { Ok(()) } else { Err(level.found.join("\n")) }
}

struct Level<'r> {
    readers: Vec<&'r Reader>,
    /// The options above this level, each with whether it is a list.
    above: Vec<(String, bool)>,
    found: Vec<String>,
}

impl Level<'_> {
    fn compare(&mut self, options: &Options) {
        let above = self.above.clone();
        let path: Vec<&str> = above.iter().map(|(name, _)| name.as_str()).collect();
        let fields: Vec<(&Reader, &[&str])> = self
            .readers
            .iter()
            .filter_map(|reader| match (reader.shape)(&path) {
                Shape::Struct(fields) => Some((*reader, fields)),
                _ => None,
            })
            .collect();
        if fields.is_empty() {
            if path.is_empty() {
                self.found.push("no reader shows its fields: with #[serde(flatten)] they can't be seen".to_owned());
            }
            return;
        }
        for field in fields.iter().flat_map(|(_, fields)| *fields) {
            let documented = options.iter().any(|(name, opt)| name == field || opt.aliases.iter().any(|a| a == field));
            if !documented {
                self.say(field, "a field, but not documented");
            }
        }
        for (name, opt) in options {
            let readers: Vec<&Reader> = fields
                .iter()
                .filter(|(_, fields)| fields.contains(&name.as_str()))
                .map(|(reader, _)| *reader)
                .collect();
            if readers.is_empty() {
                self.say(name, "documented, but no field reads it");
            }
            for reader in readers {
                self.compare_option(reader, name, opt);
            }
        }
        for (reader, fields) in fields {
            let least = least(options, &|name| fields.contains(&name));
            let Some(refusal) = (reader.refusal)(self.wrapped(least.into())) else { continue };
            if refusal.path == self.place().trim_end_matches('.')
                && let Some(field) = refusal.why.strip_prefix("missing field ")
            {
                let what = "the field must be an Option, since the option need not be given and has no default";
                self.say(field.trim_matches('`'), what);
            }
        }
    }

    /// This level as errors write it: `mounts[0].`.
    fn place(&self) -> String {
        self.above.iter().map(|(name, list)| format!("{name}{}.", if *list { "[0]" } else { "" })).collect()
    }

    fn compare_option(&mut self, reader: &Reader, name: &str, opt: &Opt) {
        let path: Vec<&str> = self.above.iter().map(|(name, _)| name.as_str()).chain([name]).collect();
        let shape = (reader.shape)(&path);
        for choice in opt.choices.iter().flatten() {
            // The choices of a list are those of its elements.
            let value = if opt.kind == Kind::List { json!([choice]) } else { choice.clone() };
            if let Some(why) = self.refused(reader, name, value) {
                self.say(name, &format!("the choice {choice} is refused: {why}"));
            }
        }
        if let (Some(choices), Shape::Enum(variants)) = (&opt.choices, &shape) {
            for variant in variants.iter().filter(|variant| !choices.iter().any(|choice| choice == **variant)) {
                self.say(name, &format!("the variant {variant} is not among the choices"));
            }
        }
        if let Some(default) = &opt.default {
            let refused = match coerced(opt, default) {
                Ok(default) => self.refused(reader, name, default),
                Err(why) => Some(why),
            };
            if let Some(why) = refused {
                self.say(name, &format!("the default {default} is refused: {why}"));
            }
        }
        if let Some(why) = self.refused(reader, name, sample(opt)).filter(|why| why.starts_with("invalid type")) {
            self.say(name, &format!("documented as {}, but its field is of another type: {why}", opt.kind.name()));
        }
        if let Some(suboptions) = opt.suboptions() {
            let mut level = Level { readers: vec![reader], above: self.above.clone(), found: Vec::new() };
            level.above.push((name.to_owned(), opt.kind == Kind::List));
            level.compare(suboptions);
            self.found.append(&mut level.found);
        }
    }

    /// Why a reader does not take a value for an option of this level.
    fn refused(&self, reader: &Reader, name: &str, value: Value) -> Option<String> {
        let refusal = (reader.refusal)(self.wrapped(json!({ name: value })))?;
        let rest = refusal.path.strip_prefix(&format!("{}{name}", self.place()))?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some(refusal.why)
    }

    /// A value of this level inside those above it.
    fn wrapped(&self, value: Value) -> Value {
        self.above.iter().rev().fold(value, |inner, (name, list)| {
            let inner = if *list { json!([inner]) } else { inner };
            json!({ name: inner })
        })
    }

    fn say(&mut self, name: &str, what: &str) {
        let path: Vec<&str> = self.above.iter().map(|(name, _)| name.as_str()).chain([name]).collect();
        self.found.push(format!("`{}`: {what}", path.join(".").trim_end_matches('.')));
    }
}

/// The fewest options that a user can give, filled up with defaults.
fn least(options: &Options, known: &dyn Fn(&str) -> bool) -> Map<String, Value> {
    let mut least = Map::new();
    for (name, opt) in options.iter().filter(|(name, _)| known(name)) {
        if let Some(default) = opt.default.as_ref().and_then(|default| coerced(opt, default).ok()) {
            least.insert(name.clone(), default);
        } else if opt.required {
            least.insert(name.clone(), sample(opt));
        } else if let (Some(suboptions), true) = (opt.suboptions(), opt.apply_defaults) {
            least.insert(name.clone(), self::least(suboptions, &|_| true).into());
        }
    }
    least
}

/// A value of an option's type.
fn sample(opt: &Opt) -> Value {
    let of_kind = |kind| match kind {
        Kind::Str | Kind::Path | Kind::Raw | Kind::Json | Kind::Jsonarg => json!("1"),
        Kind::Int | Kind::Bytes | Kind::Bits => json!(1),
        Kind::Float => json!(1.5),
        Kind::Bool => json!(true),
        Kind::List => json!([]),
        Kind::Dict => opt.options.as_ref().map_or_else(|| json!({}), |options| least(options, &|_| true).into()),
    };
    match (opt.kind, opt.elements, opt.choices.as_ref().and_then(|choices| choices.first())) {
        (Kind::List, _, Some(choice)) => json!([choice]),
        (Kind::List, Some(kind), None) => json!([of_kind(kind)]),
        (_, _, Some(choice)) => choice.clone(),
        (kind, _, None) => of_kind(kind),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[allow(dead_code)]
    enum State {
        Present,
        Absent,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Mount {
        target: String,
        #[serde(default)]
        read_only: bool,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Module {
        name: String,
        state: State,
        labels: Option<BTreeMap<String, Value>>,
        mounts: Option<Vec<Mount>>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Connection {
        timeout: u64,
    }

    fn spec() -> Value {
        json!({ "options": {
            "name": { "required": true, "aliases": ["volume_name"] },
            "state": { "choices": ["present", "absent"], "default": "present" },
            "labels": { "type": "dict" },
            "mounts": { "type": "list", "elements": "dict", "options": {
                "target": { "required": true }, "read_only": { "type": "bool" } } },
            "timeout": { "type": "int", "default": 60 }
        } })
    }

    fn told(spec: &Value) -> String {
        agree(&spec.to_string(), &[reads::<Module>(), reads::<Connection>()]).err().unwrap_or_default()
    }

    #[test]
    fn two_types_may_share_a_spec() {
        assert_eq!(told(&spec()), "");
    }

    #[test]
    fn each_disagreement_is_told() {
        let mut spec = spec();
        let options = spec["options"].as_object_mut().unwrap();
        options.insert("new".into(), json!({}));
        options.remove("labels");
        options["state"]["choices"] = json!(["present", "gone"]);
        options["timeout"]["default"] = json!(-1);
        options["mounts"]["options"] = json!({ "target": { "type": "int" }, "mode": {} });
        let told = told(&spec);
        for expected in [
            "`labels`: a field, but not documented",
            "`new`: documented, but no field reads it",
            "`state`: the choice \"gone\" is refused: unknown variant `gone`",
            "`state`: the variant absent is not among the choices",
            "`timeout`: the default -1 is refused: invalid value: integer `-1`",
            "`mounts.read_only`: a field, but not documented",
            "`mounts.target`: documented as int, but its field is of another type",
            "`mounts.mode`: documented, but no field reads it",
            "`mounts.target`: the field must be an Option, since the option need not be given",
        ] {
            assert!(told.contains(expected), "{expected}\nnot in:\n{told}");
        }
    }
}
