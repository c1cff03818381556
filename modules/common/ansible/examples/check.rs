//! The argument check as a filter, for `tests/spec`: one case a line in, one answer a line out.
//!
//! In: `{"spec", "params", "name", "ignore_unknown", "no_log", "echo"}`. Out: what the check made of it, and the result
//! that a module would print which answers with `echo` and nothing else.

use std::io::{BufRead, Write};

use ansible::check::{About, check};
use ansible::scrub::scrub;
use ansible::spec::Spec;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Case {
    spec: Spec,
    params: Map<String, Value>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    ignore_unknown: bool,
    #[serde(default)]
    no_log: bool,
    #[serde(default)]
    echo: Value,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        let about = About { name: &case.name, ignore_unknown: case.ignore_unknown, no_log: case.no_log };
        let checked = check(&case.spec, about, case.params);
        let mut result = match checked.errors.first() {
            Some(msg) => json!({ "failed": true, "msg": msg }),
            None => json!({ "changed": false, "echo": case.echo }),
        };
        result["invocation"] = json!({ "module_args": checked.module_args });
        for (key, list) in [("warnings", json!(checked.warnings)), ("deprecations", json!(checked.deprecations))] {
            if list != json!([]) {
                result[key] = list;
            }
        }
        scrub(&mut result, &checked.no_log);
        let answer = json!({
            "errors": checked.errors, "module_args": checked.module_args, "params": checked.params,
            "no_log": checked.no_log, "result": result
        });
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
