//! The golden cases of this crate, and its surroundings in tests: files and variables from memory.
//!
//! A case is a file of parts, each led by a line `=== NAME`. Those called `stack….yml` are the stack's files, in order;
//! `env` has variables; `wanted` is what comes out; any other part is a file that can be read. `UPDATE_GOLDEN=1` writes
//! `wanted` anew; read the difference before you commit it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::model::Content;
use crate::{Naming, ObjectSpec, Source, Surroundings, convert, load};

#[derive(Default)]
pub(crate) struct Around {
    pub files: BTreeMap<String, String>,
    pub variables: BTreeMap<String, String>,
}

impl Around {
    pub fn new() -> Around {
        Around::default()
    }

    pub fn with(mut self, name: &str, value: &str) -> Around {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl Surroundings for Around {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.files.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| "no such file".to_owned())
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

fn naming<'a>() -> Naming<'a> {
    Naming { stack: "app", version: &|_| None }
}

/// What comes out of files, as a case has it.
fn outcome(sources: &[Source], around: &Around) -> Value {
    let loaded = match load(sources, "/dir", around) {
        Ok(loaded) => loaded,
        Err(error) => return json!({ "error": error.to_string().replace("/dir/", "") }),
    };
    let stack = convert(&loaded.project, &naming());
    let objects = |objects: BTreeMap<String, ObjectSpec>| -> Value {
        let object = |(name, object): (String, ObjectSpec)| {
            let text = object.content.map(|Content(bytes)| String::from_utf8_lossy(&bytes).into_owned());
            let labels = object.labels;
            (
                name,
                json!({ "labels": labels, "content": text, "driver": object.driver, "templating": object.templating }),
            )
        };
        objects.into_iter().map(object).collect::<serde_json::Map<_, _>>().into()
    };
    let warnings: Vec<String> = loaded.warnings.iter().map(|warning| warning.replace("/dir/", "")).collect();
    let parts = [
        ("services", json!(stack.services)),
        ("networks", json!(stack.networks)),
        ("secrets", objects(stack.secrets)),
        ("configs", objects(stack.configs)),
        ("external", json!([stack.external_networks, stack.external_secrets, stack.external_configs].concat_sets())),
        ("warnings", json!(warnings)),
    ];
    let kept = parts.into_iter().filter(|(_, value)| *value != json!([]) && *value != json!({}));
    pruned(Value::Object(kept.map(|(key, value)| (key.to_owned(), value)).collect()))
}

trait ConcatSets {
    fn concat_sets(self) -> Vec<String>;
}

impl ConcatSets for [std::collections::BTreeSet<String>; 3] {
    fn concat_sets(self) -> Vec<String> {
        self.into_iter().flatten().collect()
    }
}

/// What every service has says nothing in a case.
fn pruned(mut value: Value) -> Value {
    for service in value.get_mut("services").and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut())
    {
        for (path, usual) in [
            ("/EndpointSpec", json!({})),
            ("/Mode", json!({ "Replicated": { "Replicas": 1 } })),
            ("/TaskTemplate/Resources", json!({})),
            ("/TaskTemplate/Placement", json!({})),
            ("/TaskTemplate/ContainerSpec/Privileges", json!({})),
            ("/TaskTemplate/ContainerSpec/Labels", json!({ "com.docker.stack.namespace": "app" })),
        ] {
            let (parent, key) = path.rsplit_once('/').unwrap();
            if service.pointer(path) == Some(&usual)
                && let Some(parent) = service.pointer_mut(parent).and_then(Value::as_object_mut)
            {
                parent.remove(key);
            }
        }
    }
    value
}

#[test]
fn cases() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let parts: Vec<(&str, &str)> = format_parts(&text);
        let mut around = Around::new();
        let (mut sources, mut wanted, mut given) = (Vec::new(), Value::Null, String::new());
        for (name, body) in parts {
            match name {
                "wanted" => {
                    wanted = yaml_serde::from_str(body).unwrap();
                    continue;
                }
                "env" => {
                    let pairs = body.lines().filter_map(|line| line.split_once('='));
                    around.variables.extend(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
                }
                _ => {
                    let path = format!("/dir/{name}");
                    around.files.insert(path.clone(), body.to_owned());
                    if name.starts_with("stack") {
                        sources.push(Source::File(path));
                    }
                }
            }
            given.push_str(&format!("=== {name}\n{body}"));
        }
        let got = outcome(&sources, &around);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, format!("{given}=== wanted\n{}", yaml_serde::to_string(&got).unwrap())).unwrap();
        } else if got != wanted {
            wrong.push(format!("{}: wanted\n{wanted:#}\ngot\n{got:#}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn format_parts(text: &str) -> Vec<(&str, &str)> {
    text.split("=== ").skip(1).map(|part| part.split_once('\n').unwrap()).collect()
}

/// Any text in place of a file, and any data.
fn survives(text: &str, value: &Value) {
    let mut around = Around::new().with("A", text);
    around.files.insert("/dir/stack.yml".to_owned(), text.to_owned());
    outcome(&[Source::File("/dir/stack.yml".to_owned())], &around);
    let data = Source::Data("compose[0]".to_owned(), value.clone());
    outcome(std::slice::from_ref(&data), &around);
    let base: Value = json!({ "services": { "a": { "image": "x", "ports": ["80:80"], "volumes": ["/a:/b"] } } });
    outcome(&[Source::Data("compose[0]".to_owned(), base), data], &around);
}

/// Words of the format, so that chance gets deep into it.
const WORDS: &[&str] = &[
    "services",
    "a",
    "image",
    "deploy",
    "ports",
    "volumes",
    "networks",
    "secrets",
    "configs",
    "environment",
    "env_file",
    "extends",
    "file",
    "service",
    "external",
    "name",
    "command",
    "healthcheck",
    "test",
    "ulimits",
    "nofile",
    "labels",
    "resources",
    "limits",
    "cpus",
    "memory",
    "extra_hosts",
    "logging",
    "driver",
    "ipam",
    "config",
    "subnet",
    "tmpfs",
    "update_config",
    "delay",
    "placement",
    "preferences",
    "mode",
    "type",
    "source",
    "target",
    "published",
    "version",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é]{0,12}".prop_map(Value::from),
        "[0-9:./$\\{\\}a-c=-]{0,10}".prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(WORDS), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn stack() -> impl Strategy<Value = Value> {
    (value(), value(), value(), value()).prop_map(|(a, b, c, d)| {
        let mut service = json!({ "image": "x" });
        if let (Some(service), Some(more)) = (service.as_object_mut(), a.as_object()) {
            service.extend(more.clone());
        }
        json!({ "services": { "a": service, "b": b }, "volumes": c, "networks": d })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_input_panics(text in "\\PC{0,200}", lines in "[a-c:&*!<>\\[\\]{}|,#' \"\n-]{0,80}", value in value(), stack in stack()) {
        survives(&text, &value);
        survives(&lines, &stack);
        survives(&yaml_serde::to_string(&stack).unwrap(), &value);
    }
}

#[test]
fn neither_depth_nor_aliases_exhaust_it() {
    let deep = format!("services: {}", "[".repeat(100_000));
    let bomb = (0..30)
        .fold("a0: &a0 [x, x]\n".to_owned(), |text, n| text + &format!("a{}: &a{} [*a{n}, *a{n}]\n", n + 1, n + 1));
    let merges = (0..2000).fold("services:\n  a: &a0 {x: 1}\n".to_owned(), |text, n| {
        text + &format!("  b{n}: &a{} {{<<: *a{n}, k{n}: 1}}\n", n + 1)
    });
    for text in [deep, bomb, merges] {
        survives(&text, &Value::Null);
    }
}
