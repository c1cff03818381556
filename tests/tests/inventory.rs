//! `containers inventory` against a real engine. That it says what the peer's plug-in says is held by `tests/peer/inventory`.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::{Engine, Version, tool};

struct Site {
    engine: Engine,
    file: PathBuf,
}

impl Site {
    fn new() -> Site {
        let engine = Engine::start(Version::Newest).unwrap();
        engine.load_image("tiny:1").unwrap();
        let label = "note={{ 'EVALU' ~ 'ATED' }}";
        for words in [
            &["run", "--detach", "--name", "web", "--label", "app=shop", "--label", label, "tiny:1", "sleep", "1000"][..],
            &["create", "--name", "old", "--label", "app=", "tiny:1", "true"],
        ] {
            let done = engine.docker().args(words).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        let file = engine.socket().with_file_name("web.docker.yml");
        Site { engine, file }
    }

    fn run(&self, yaml: &str, words: &[&str]) -> Output {
        std::fs::write(&self.file, yaml).unwrap();
        let mut command = tool("containers", "inventory").unwrap();
        command.arg(&self.file).args(words).env("DOCKER_HOST", self.engine.docker_host()).output().unwrap()
    }

    fn list(&self, yaml: &str) -> Value {
        let done = self.run(yaml, &["--list"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }
}

#[test]
fn hosts_variables_and_groups() {
    let site = Site::new();
    let plain = site.list("plugin: community.docker.docker_containers\nverbose_output: yes\n");
    assert_eq!(plain["all"]["hosts"], json!(["old", "web"]));
    let web = &plain["_meta"]["hostvars"]["web"];
    assert_eq!((&web["ansible_host"], &web["docker_state"]["Running"]), (&json!("web"), &json!(true)));
    assert_eq!(web["ansible_docker_docker_host"], json!(site.engine.docker_host()));
    // A label is no template: Ansible must not run it.
    assert_eq!(web["docker_config"]["Labels"]["note"], json!({"__ansible_unsafe": "{{ 'EVALU' ~ 'ATED' }}"}));

    let yaml = "
connection_type: docker-cli
filters: [{include: docker_state.Running}, {exclude: \"'old' != inventory_hostname\"}]
compose:
  app: docker_config.Labels.app | default('none', true)
  broken: docker_config.Nothing
groups: {shop: app == 'shop'}
keyed_groups: [{prefix: app, key: app, separator: '-'}]
";
    let grouped = site.list(yaml);
    assert_eq!(grouped["shop"]["hosts"], json!(["web"]));
    assert_eq!((&grouped["app_shop"]["hosts"], &grouped["app_none"]["hosts"]), (&json!(["web"]), &json!(["old"])));
    assert_eq!(grouped["_meta"]["hostvars"]["old"]["app"], "none");
    assert_eq!(grouped["_meta"]["hostvars"]["old"].get("broken"), None);
    let one: Value = serde_json::from_slice(&site.run(yaml, &["--host", "web"]).stdout).unwrap();
    assert_eq!(one, grouped["_meta"]["hostvars"]["web"]);

    // As Ansible runs it: the file is the script.
    let binary = tool("containers", "inventory").unwrap().get_program().to_owned();
    std::fs::write(&site.file, format!("#!{} inventory\n{yaml}", binary.display())).unwrap();
    std::fs::set_permissions(&site.file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = Command::new(&site.file).arg("--list").env("DOCKER_HOST", site.engine.docker_host()).output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&run.stdout).unwrap(), grouped);

    for (yaml, reason) in [
        ("compose: {x: docker_name | regex_replace}", "the filter `regex_replace` is not known here"),
        ("strict: true\ncompose: {x: docker_config.Nothing}", "`docker_config.Nothing` is undefined"),
        ("plugin: amazon.aws.aws_ec2", "it is for the plug-in amazon.aws.aws_ec2"),
        ("nonsense: 1", "nonsense"),
        ("filters: [{keep: true}]", "`filters[1]`: it must have include or exclude, not keep"),
        ("compose: [", "reading "),
    ] {
        let failed = site.run(yaml, &["--list"]);
        let said = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert!(failed.status.code() == Some(1) && said.contains(reason), "{yaml}: {said}");
    }
}
