//! The golden-case harness: runs a module's `cases/*.yml` through its plan, without an engine.
//!
//! A case is two YAML documents. The first is the input: `args` as a user writes them, `observed` as the engine
//! answers (absent: nothing there), and `again: changes` for the rare case whose second run changes something. The
//! second is what must come out: `changed`, `actions`, `diff`, or `error`. `UPDATE_GOLDEN=1` writes the second anew;
//! read the difference before you commit it.

use std::fmt::{Debug, Display};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::call::options_from;
use crate::check::{About, Checked, check};
use crate::{Failure, Module, Plan};

/// The first document of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    args: Map<String, Value>,
    /// As the engine answers; nulls are taken out, as they are where the engine's answers come in.
    observed: Option<Value>,
    #[serde(default)]
    again: Again,
}

/// What a second run with the same arguments does.
#[derive(Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Again {
    #[default]
    Unchanged,
    Changes,
}

/// Runs every case in the module's folder of the crate at `crate_dir` (`env!("CARGO_MANIFEST_DIR")`): the spec check, the options, the plan. Then it applies the plan in memory (`settle`
/// turns the observed state and the plan's `after` into what would be observed next) and plans again: the second plan
/// must be empty, so that each case is an idempotency test too.
///
/// # Panics
/// When a case comes out otherwise than written, or the folder has none.
pub fn cases<Options, Observed, State, Action>(
    module: &Module,
    crate_dir: &str,
    plan: impl Fn(&Options, Option<&Observed>) -> Result<Plan<State, Action>, Failure>,
    settle: impl Fn(Option<Observed>, Option<State>) -> Option<Observed>,
) where
    Options: DeserializeOwned,
    Observed: DeserializeOwned,
    State: Serialize + Debug,
    Action: Display + Debug,
{
    let folder = format!("{crate_dir}/src/{}/cases", module.name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{folder}: {e}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} has no cases");
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        // A new case need not have its second document yet: then nothing comes out as wanted.
        let (head, wanted) = text.split_once("\n---\n").unwrap_or((text.trim_end(), "null"));
        let given: Given = yaml_serde::from_str(head).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let got = match run(module, &plan, &settle, given) {
            Ok(got) => got,
            Err(complaint) => {
                wrong.push(format!("{}: {complaint}", name(&file)));
                continue;
            }
        };
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, format!("{head}\n---\n{}", yaml_serde::to_string(&got).unwrap())).unwrap();
        } else {
            let wanted: Value = yaml_serde::from_str(wanted).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            if wanted != got {
                wrong.push(format!("{}: wanted\n{wanted:#}\ngot\n{got:#}", name(&file)));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases came out otherwise (UPDATE_GOLDEN=1 takes them over):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What comes out of a case; `Err` when its second run is not as the case says.
fn run<Options, Observed, State, Action>(
    module: &Module,
    plan: &impl Fn(&Options, Option<&Observed>) -> Result<Plan<State, Action>, Failure>,
    settle: &impl Fn(Option<Observed>, Option<State>) -> Option<Observed>,
    given: Given,
) -> Result<Value, String>
where
    Options: DeserializeOwned,
    Observed: DeserializeOwned,
    State: Serialize + Debug,
    Action: Display + Debug,
{
    let spec = serde_json::from_str(module.spec).map_err(|e| format!("the argument spec: {e}"))?;
    let about = About { name: module.name, ..About::default() };
    let Checked { params, errors, .. } = check(&spec, about, given.args);
    if let Some(error) = errors.first() {
        return Ok(json!({ "error": error }));
    }
    let observed: Option<Observed> = given
        .observed
        .map(|value| serde_json::from_value(without_nulls(value)))
        .transpose()
        .map_err(|e| format!("`observed`: {e}"))?;
    let first = options_from::<Options>(&params)
        .and_then(|options| plan(&options, observed.as_ref()).map(|plan| (options, plan)));
    let (options, first) = match first {
        Ok(first) => first,
        Err(failure) => return Ok(json!({ "error": failure.msg() })),
    };
    let got = json!({ "changed": !first.actions.is_empty(), "actions": first.sentences(), "diff": first.diff() });
    let settled = settle(observed, first.after);
    let second =
        plan(&options, settled.as_ref()).map_err(|failure| format!("the second run fails: {}", failure.msg()))?;
    match (given.again, second.actions.is_empty()) {
        (Again::Unchanged, false) => Err(format!("the second run changes: {:?}", second.sentences())),
        (Again::Changes, true) => Err("the second run changes nothing; drop `again: changes`".to_owned()),
        _ => Ok(got),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        other => other,
    }
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
