//! The options of `docker_compose_v2_run` that no other module has.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    build: bool,
    #[serde(default)]
    cap_add: Vec<String>,
    #[serde(default)]
    cap_drop: Vec<String>,
    entrypoint: Option<String>,
    interactive: bool,
    #[serde(default)]
    labels: Vec<String>,
    name: Option<String>,
    no_deps: bool,
    #[serde(default)]
    publish: Vec<String>,
    quiet_pull: bool,
    remove_orphans: bool,
    cleanup: bool,
    service_ports: bool,
    use_aliases: bool,
    #[serde(default)]
    volumes: Vec<String>,
}

impl Options {
    /// In words.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let switches = [
            ("--build", self.build),
            ("--no-deps", self.no_deps),
            ("--quiet-pull", self.quiet_pull),
            ("--remove-orphans", self.remove_orphans),
            ("--rm", self.cleanup),
            ("--service-ports", self.service_ports),
            ("--use-aliases", self.use_aliases),
            ("--interactive=false", !self.interactive),
        ];
        words.extend(switches.into_iter().filter(|(_, on)| *on).map(|(word, _)| word.to_owned()));
        let single = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
        let lists = [
            ("--cap-add", self.cap_add.clone()),
            ("--cap-drop", self.cap_drop.clone()),
            ("--entrypoint", single(&self.entrypoint)),
            ("--label", self.labels.clone()),
            ("--name", single(&self.name)),
            ("--publish", self.publish.clone()),
            ("--volume", self.volumes.clone()),
        ];
        for (option, values) in lists {
            words.extend(values.into_iter().flat_map(|value| [option.to_owned(), value]));
        }
        words
    }
}
