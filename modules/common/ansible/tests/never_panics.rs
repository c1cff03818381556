//! Whatever spec and arguments come together, the check and the scrubbing come to an end without a panic.

use ansible::check::{About, check};
use ansible::scrub::scrub;
use ansible::spec::Spec;
use proptest::collection::{hash_map, vec};
use proptest::option::weighted;
use proptest::prelude::*;
use serde_json::{Value, json};

const KINDS: [&str; 12] =
    ["str", "int", "float", "bool", "list", "dict", "path", "raw", "json", "jsonarg", "bytes", "bits"];

/// Texts that get deep into the readers of literals, pairs, sizes, numbers and paths; and any text at all.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\{[{}'\"=,:#()\\[\\]\\\\abrux0-9.eE+\\-_ \n]{0,40}",
        "[a-c]=['\"a-z,\\\\ =]{0,20}",
        "[0-9._eE+\\- ]{0,24}[a-zA-Z]{0,3}",
        "[~$][{}~$/a-zA-Z_=]{0,12}",
        any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            hash_map("[a-d]{1,2}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// An option named `a` to `d`; `inner` are its suboptions.
fn option(inner: Option<BoxedStrategy<Value>>) -> impl Strategy<Value = Value> {
    let inner = inner.unwrap_or_else(|| Just(Value::Null).boxed());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let kinds = (prop::sample::select(&KINDS[..]), weighted(0.5, prop::sample::select(&KINDS[..])));
    (kinds, flags, weighted(0.3, value()), weighted(0.2, vec(value(), 1..3)), inner).prop_map(
        |((kind, elements), (required, no_log, apply_defaults), default, choices, inner)| {
            let mut option = json!({
                "type": kind, "required": required, "no_log": no_log, "apply_defaults": apply_defaults,
                "aliases": ["ab"], "fallback": ["HOME"], "deprecated_aliases": [{ "name": "ab" }]
            });
            for (key, value) in [
                ("elements", elements.map(Value::from)),
                ("default", default),
                ("choices", choices.map(Value::from)),
                ("options", Some(inner).filter(Value::is_object)),
            ] {
                if let Some(value) = value {
                    option[key] = value;
                }
            }
            option
        },
    )
}

fn level(inner: Option<BoxedStrategy<Value>>) -> BoxedStrategy<Value> {
    hash_map("[a-d]", option(inner), 0..4).prop_map(|options| Value::Object(options.into_iter().collect())).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_check_ends(
        options in level(Some(level(Some(level(None))))),
        needed in value(),
        params in hash_map("[a-e]|ab", value(), 0..5),
    ) {
        let spec: Spec = serde_json::from_value(json!({
            "options": options,
            "mutually_exclusive": [["a", "b"]],
            "required_together": [["b", "c"]],
            "required_one_of": [["a", "d"]],
            "required_if": [["a", needed, ["b", "c"], true]],
            "required_by": { "c": "d" }
        })).unwrap();
        let checked = check(&spec, About::default(), params.into_iter().collect());
        let mut result = json!({ "invocation": checked.module_args, "msg": checked.errors });
        scrub(&mut result, &checked.no_log);
    }
}
