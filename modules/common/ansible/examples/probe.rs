//! A binary for the tests of delivery (tests/native): the protocol's own `main` with one module that tells what reached it.

use std::process::ExitCode;
use std::time::Duration;

use ansible::{Call, Domain, Failure, Module, Outcome, Plan};
use serde::Deserialize;
use serde_json::{Map, Value};

const SPEC: &str = r#"{
    "options": {
        "text": {"type": "str"},
        "password": {"type": "str", "no_log": true},
        "sleep": {"type": "float", "default": 0.0},
        "end": {"type": "str", "default": "well", "choices": ["well", "failure", "crash", "garbage", "silence"]}
    },
    "supports_check_mode": true
}"#;

#[derive(Deserialize)]
struct Options {
    text: Option<String>,
    password: Option<String>,
    sleep: f64,
    end: End,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    Well,
    Failure,
    Crash,
    Garbage,
    Silence,
}

fn main() -> ExitCode {
    ansible::main(&Domain {
        name: "probe",
        about: "Tells what reached it",
        modules: &[Module { name: "probe", spec: SPEC, run: |call| Box::pin(run(call)) }],
        tools: &[],
    })
}

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    tokio::time::sleep(Duration::from_secs_f64(options.sleep)).await;
    let after = options.text.clone().unwrap_or_default();
    let plan = Plan { before: Some(state("")), after: Some(state(&after)), actions: vec!["tell".to_owned()] };
    let (outcome, done) = call.carry_out(&plan, async |_action| Ok(())).await?;
    let environment: Map<String, Value> = std::env::vars().map(|(name, value)| (name, value.into())).collect();
    match options.end {
        End::Well => Ok(outcome
            .with("text_length", after.len())
            .with("acted", !done.is_empty())
            .with("password_length", options.password.as_deref().map(str::len))
            .with("password_echo", options.password)
            .with("environment", environment)
            .with("argv", std::env::args().collect::<Vec<_>>())
            .with("program", std::env::current_exe()?)
            .with("stdout", "one\ntwo")
            .with("user", uid()?)),
        End::Failure => Err(Failure::new("failed as asked")),
        End::Crash => std::process::abort(),
        End::Garbage => {
            println!("{{\"changed\": fal");
            std::process::exit(3)
        }
        End::Silence => std::process::exit(0),
    }
}

/// A state for the diff.
fn state(text: &str) -> Map<String, Value> {
    [("text".to_owned(), text.into())].into_iter().collect()
}

/// The effective user's number. Source: proc(5), the second number of `Uid`.
fn uid() -> Result<u32, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("Uid:")).unwrap_or_default();
    Ok(line.split_whitespace().nth(2).unwrap_or_default().parse()?)
}
