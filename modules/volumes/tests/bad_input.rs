//! Whatever a binary is given: one JSON object on standard output that says what is wrong, exit status 1, no panic.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// The binary with these words, `stdin` on its standard input.
fn run(words: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_volumes"))
        .args(words)
        .env_remove("DOCKER_HOST")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The binary need not read what it has no use for.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// The one failure that it must have printed.
fn failure(name: &str, output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error} in {text}"));
    assert_eq!(answer["failed"], json!(true), "{name}: {text}");
    assert_eq!(output.status.code(), Some(1), "{name}: {text}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
    answer
}

#[test]
fn arguments_on_standard_input() {
    let nested = |depth: usize| format!("{{\"labels\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    let large =
        json!({ "name": "x", "labels": { "big": "x".repeat(10 << 20) }, "docker_host": "unix:///no/such.sock" });
    let many: serde_json::Map<String, Value> = (0..100_000).map(|n| (format!("unknown{n}"), json!(n))).collect();
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("nothing", "".into(), "are not JSON: EOF while parsing a value at line 1 column 0"),
        ("broken JSON", "{\"name\": ".into(), "are not JSON: EOF while parsing a value at line 1 column 9"),
        ("text after it", "{\"name\": \"x\"} y".into(), "are not JSON: trailing characters at line 1 column 15"),
        ("no object", "[1]".into(), "the arguments on standard input are not a JSON object"),
        ("a key that is no string", "{1: 2}".into(), "are not JSON: key must be a string at line 1 column 2"),
        ("not a number", "{\"timeout\": NaN}".into(), "are not JSON: expected value at line 1 column 13"),
        ("too large a float", "{\"timeout\": 1e999}".into(), "are not JSON: number out of range at line 1"),
        ("half a surrogate pair", "{\"name\": \"\\ud800\"}".into(), "are not JSON: "),
        (
            "too large a number",
            "{\"name\": \"1\",\n \"timeout\": 123456789012345678901234567890}".into(),
            "hold a whole number of more than 64 bits at line 2 column 13: write it in quotes",
        ),
        ("invalid UTF-8", b"{\"name\": \"\xff\"}".into(), "are not UTF-8: byte 10 is invalid"),
        ("deep nesting", nested(5_000).into(), "are not JSON: recursion limit exceeded at line 1 column"),
        ("nesting that can be read", nested(100).into(), "missing required arguments: volume_name"),
        ("10 MB", large.to_string().into(), "/no/such.sock"),
        ("100,000 unknown options", Value::Object(many).to_string().into(), "missing required arguments: volume_name"),
        (
            "an unknown option",
            json!({ "name": "x", "nmae": "y", "_ansible_module_name": "cdgp.docker.docker_volume" }).to_string().into(),
            "Unsupported parameters for (cdgp.docker.docker_volume) module: nmae. Supported parameters include: api_version,",
        ),
        (
            "a wrong type",
            json!({ "name": "x", "timeout": "soon" }).to_string().into(),
            "argument 'timeout' is of type str and we were unable to convert to int: \"'soon'\" cannot be converted to an int",
        ),
        (
            "no such choice",
            json!({ "name": "x", "state": "gone" }).to_string().into(),
            "value of state must be one of: absent, present, got: gone",
        ),
        (
            "half of a pair",
            json!({ "name": "x", "client_key": "/k" }).to_string().into(),
            "parameters are required together: client_cert, client_key",
        ),
        (
            "a key twice: the last counts",
            "{\"name\": \"x\", \"state\": \"gone\", \"state\": \"away\"}".into(),
            "value of state must be one of: absent, present, got: away",
        ),
        (
            "no engine",
            json!({ "name": "x", "docker_host": "unix:///no/such.sock" }).to_string().into(),
            "/no/such.sock",
        ),
    ];
    for (name, stdin, expected) in cases {
        let answer = failure(name, &run(&["docker_volume", "-"], stdin));
        let msg = answer["msg"].as_str().unwrap();
        assert!(msg.contains(expected), "{name}: {}", msg.chars().take(500).collect::<String>());
    }
}

#[test]
fn other_ways_to_call() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("bad_input.json");
    fs::write(&file, "{\"name\": \"x\", \"state\": \"gone\"}").unwrap();
    let file = file.to_str().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["docker_volume", file], "value of state must be one of: absent, present, got: gone"),
        (&["docker_volume", "name=x", "state=gone"], "value of state must be one of: absent, present, got: gone"),
        (&["docker_volume", "name=x", "timeout="], "argument 'timeout' is of type str"),
        (&["docker_volume", "--check", "state=absent"], "missing required arguments: volume_name"),
        (&["docker_volume", "name=x", "labels=plain"], "dictionary requested, could not parse JSON or key=value"),
        (&["docker_volume", "name"], "`name` is not an option: write key=value"),
        (&["docker_volume", "--nonsense"], "unexpected argument '--nonsense' found"),
        (&["docker_vloume", "-"], "'docker_volume'"),
        (&[file], "which module?"),
    ];
    for (words, expected) in cases {
        let answer = failure(&words.join(" "), &run(words, b"{}"));
        let msg = answer["msg"].as_str().unwrap();
        assert!(msg.contains(expected), "{words:?}: {msg}");
    }
}

#[test]
fn what_was_given_is_told_back() {
    let args = json!({ "name": "x", "state": "gone", "labels": "a=1" }).to_string();
    let answer = failure("invocation", &run(&["docker_volume", "-"], args.as_bytes()));
    let shown = &answer["invocation"]["module_args"];
    assert_eq!(shown["volume_name"], json!("x"));
    assert_eq!(shown["name"], json!("x"));
    assert_eq!(shown["labels"], json!({ "a": "1" }));
    assert_eq!(shown["tls_hostname"], Value::Null);
    assert_eq!(shown["driver"], json!("local"));
}
