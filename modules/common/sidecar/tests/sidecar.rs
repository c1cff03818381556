//! Good and bad sidecars: what comes of the one, and what is said about the other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sidecar::{Sidecar, find, fragment_dir};

const GOOD: &str = include_str!("good.yml");

/// Writes a sidecar to a folder of its own and returns its path.
fn written(test: &str, text: &str) -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test).join("good");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("good.yml"), text)?;
    Ok(folder.join("good.yml"))
}

#[test]
fn a_sidecar_becomes_ansibles_argument_spec() {
    let spec = Sidecar::read(&written("spec", GOOD).unwrap()).unwrap().argument_spec();
    let own = &spec["options"];
    assert_eq!(own["name"]["deprecated_aliases"][0]["name"], "title");
    assert_eq!(own["restart"], json!({"type": "str", "default": "no", "choices": ["no", "always"]}));
    assert_eq!(own["password"], json!({"type": "str", "no_log": true, "fallback": ["GOOD_PASSWORD"]}));
    assert_eq!(own["ports"]["options"]["inside"], json!({"type": "int", "required": true}));
    assert_eq!(own["ports"]["mutually_exclusive"], json!([["outside", "range"]]));
    assert_eq!(
        own["timeout"],
        json!({"type": "int", "default": 60, "fallback": ["DOCKER_TIMEOUT"]}),
        "from a fragment"
    );
    assert_eq!(spec["supports_check_mode"], true);
    assert_eq!(spec["required_if"], json!([["restart", "always", ["ports"]]]));
    assert_eq!(spec["required_together"], json!([["client_cert", "client_key"]]), "from a fragment");
}

#[test]
fn a_stub_quotes_what_yaml_1_1_takes_for_something_else() {
    let sidecar = Sidecar::read(&written("stub", GOOD).unwrap()).unwrap();
    let stub = sidecar.stub();
    assert!(sidecar.in_action_group());
    assert!(stub.contains("    default: \"no\"\n"), "{stub}");
    assert!(stub.contains("      - \"no\"\n      - always\n"), "{stub}");
    assert!(stub.contains("  sample: \"22:22\"\n"), "{stub}");
    assert!(stub.contains("EXAMPLES = r\"\"\"\n---\n- name: Make it\n"), "{stub}");
    for section in ["DOCUMENTATION", "RETURN"] {
        let text = stub.split(&format!("\n{section} = r\"\"\"\n")).nth(1).unwrap().split("\"\"\"").next().unwrap();
        let read: Value = yaml_serde::from_str(text).unwrap();
        let mut original: Value = yaml_serde::from_str(GOOD).unwrap();
        original["DOCUMENTATION"]["author"] = json!(["The cdgp.docker developers (!UNKNOWN)"]);
        assert_eq!(read, original[section]);
    }
}

#[test]
fn a_bad_sidecar_is_refused_with_the_reason() {
    let cases = [
        ("module: good", "module: bad", "DOCUMENTATION.module: must be good"),
        ("as it should be", "as it should be.", "no period"),
        ("  description: It does nothing.\n", "", "DOCUMENTATION.description is missing"),
        ("  author: [The cdgp.docker developers]\n", "", "DOCUMENTATION.author is missing"),
        ("  version_added: 0.1.0\n", "", "DOCUMENTATION.version_added is missing"),
        ("version_added: 0.1.0", "version_added: 0.1", "DOCUMENTATION.version_added: invalid type"),
        ("docker.attributes]", "docker.nothing]", "fragment nothing: "),
        ("check_mode: {support: full}", "check_mode: {support: none}", "x-spec.supports_check_mode is true, but"),
        ("    diff_mode: {support: none}\n", "", "DOCUMENTATION.attributes.diff_mode.support is missing"),
        ("description: Its name.", "describtion: Its name.", "DOCUMENTATION.options.name.describtion: unknown field"),
        ("      description: Its name.\n", "", "options.name: description is missing"),
        ("description: Its name.\n      type: str", "description: Its name.", "options.name: type is missing"),
        ("aliases: [title, label]", "aliases: [title, restart]", "restart stands for both name and restart"),
        (
            "aliases: [title, label]",
            "aliases: [title, tls_verify]",
            "tls_verify stands for both validate_certs and name",
        ),
        ("    name:\n      description: Its", "    tls:\n      description: Its", "options.tls: a fragment has"),
        (
            "required: true\n      aliases",
            "required: true\n      default: x\n      aliases",
            "required and default exclude",
        ),
        ("['no', always]", "[true, always]", "choice true is not of type Str"),
        ("default: 'no'", "default: never", "default \"never\" is not among its choices"),
        ("default: 'no'", "default: 1", "default 1 is not of type Str"),
        ("      elements: dict\n", "", "options.ports: elements belongs to a list"),
        ("elements: dict", "elements: str", "options.ports: suboptions belong to"),
        ("type: int\n          required: true", "type: integer", "unknown variant `integer`"),
        (
            "    password: {no_log: true, fallback: [GOOD_PASSWORD]}\n",
            "",
            "options.password: its name sounds like a secret",
        ),
        ("    password: {no_log", "    passwort: {no_log", "x-spec.options.passwort: the documentation has no option"),
        (
            "        inside: {}",
            "        within: {}",
            "x-spec.options.ports.suboptions.within: the documentation has no",
        ),
        ("[restart, always, [ports]]", "[restart, always, [port]]", "x-spec.required_if: there is no option port "),
        (
            "[restart, always, [ports]]",
            "[restart, never, [ports]]",
            "x-spec.required_if: there is no option restart=\"never\"",
        ),
        (
            "[[outside, range]]",
            "[[outside, ranges]]",
            "x-spec.options.ports.mutually_exclusive: there is no option ranges",
        ),
        ("{name: title, v", "{name: titel, v", "deprecated alias titel is not among its aliases"),
        ("version: 2.0.0, ", "", "say `version` or `date`"),
        ("          title: x", "          titel: x", "EXAMPLES: cdgp.docker.good has no option titel"),
        ("cdgp.docker.good:", "cdgp.docker.other:", "EXAMPLES: no task uses cdgp.docker.good"),
        ("    returned: success\n", "", "RETURN.port: returned is missing"),
        ("x-spec:\n", "x-spec:\n  x: y\n", "x-spec.x: unknown field"),
        ("      type: str\n      required", "      type: str\n      type: str\n      required", "duplicate entry"),
        ("  module: good\n", "\tmodule: good\n", "line 2"),
    ];
    for (index, (old, new, reason)) in cases.into_iter().enumerate() {
        assert!(GOOD.contains(old), "case {index}: {old}");
        let path = written(&format!("bad-{index}"), &GOOD.replacen(old, new, 1)).unwrap();
        let said = Sidecar::read(&path).expect_err(reason).to_string();
        assert!(said.contains(reason), "case {index}, {new}: {said}");
        assert!(said.contains("good.yml: ") || said.contains("nothing.yml: "), "it names the file: {said}");
    }
}

#[test]
fn the_sidecars_of_this_workspace_hold_together() {
    let modules = fragment_dir().join("../..");
    for folder in fs::read_dir(modules).unwrap().map(|entry| entry.unwrap().path().join("src")) {
        for path in find(&folder).unwrap_or_default() {
            Sidecar::read(&path).unwrap();
        }
    }
}
