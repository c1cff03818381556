//! What runs in a task.

use std::collections::BTreeSet;

use docker::ServiceSpec;
use serde::Serialize;

use super::super::options::Options;
use super::Observed;
use super::body::Body;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Process {
    image: Option<String>,
    command: Option<Vec<String>>,
    args: Option<Vec<String>>,
    /// `NAME=value`
    env: Option<BTreeSet<String>>,
    user: Option<String>,
    groups: Option<BTreeSet<String>>,
    working_dir: Option<String>,
    hostname: Option<String>,
    tty: Option<bool>,
    init: Option<bool>,
    read_only: Option<bool>,
    stop_signal: Option<String>,
    /// Nanoseconds.
    stop_grace_period: Option<i64>,
}

impl From<&ServiceSpec> for Process {
    fn from(spec: &ServiceSpec) -> Self {
        let container = &spec.task_template.container_spec;
        Process {
            image: Some(container.image.clone()),
            command: Some(container.command.clone()),
            args: Some(container.args.clone()),
            env: Some(container.env.iter().cloned().collect()),
            user: Some(container.user.clone()),
            groups: Some(container.groups.iter().cloned().collect()),
            working_dir: Some(container.dir.clone()),
            hostname: Some(container.hostname.clone()),
            tty: Some(container.tty),
            init: Some(container.init.unwrap_or(false)),
            read_only: Some(container.read_only),
            stop_signal: Some(container.stop_signal.clone()),
            stop_grace_period: container.stop_grace_period,
        }
    }
}

impl Process {
    /// No more than the image: who names no digest keeps the one that is there.
    pub fn with_image_of(there: &Process) -> Self {
        Process { image: there.image.clone(), ..Process::default() }
    }

    pub fn overlay(&mut self, wish: &Options, observed: &Observed) {
        self.overlay_image(observed.image.as_ref().or(wish.image.as_ref()));
        if wish.command_as_args {
            self.overlay_line(wish.args());
        } else {
            self.command = wish.command().or(self.command.take());
            self.args = wish.args().or(self.args.take());
        }
        let env = wish.env.as_ref().map(|env| env.0.iter().map(|(name, value)| format!("{name}={value}")).collect());
        self.env = env.or(self.env.take());
        self.user = wish.user.clone().filter(|user| !user.is_empty()).or(self.user.take());
        self.groups = wish.groups.clone().or(self.groups.take());
        self.working_dir = wish.working_dir.clone().or(self.working_dir.take());
        self.hostname = wish.hostname.clone().or(self.hostname.take());
        self.tty = wish.tty.or(self.tty);
        self.init = wish.init.or(self.init);
        self.read_only = wish.read_only.or(self.read_only);
        self.stop_signal = wish.stop_signal.clone().or(self.stop_signal.take());
        self.stop_grace_period = wish.stop_grace_period.map(|time| time.0).or(self.stop_grace_period);
    }

    /// Who names no digest is content with any.
    fn overlay_image(&mut self, wish: Option<&String>) {
        let Some(wish) = wish else { return };
        let there = self.image.as_deref().unwrap_or_default();
        let without_digest = there.split_once('@').map_or(there, |(name, _)| name);
        if wish != there && (wish.contains('@') || wish != without_digest) {
            self.image = Some(wish.clone());
        }
    }

    /// All words behind the image's entry point. The same line in place of the entry point, as the task wrote it before
    /// `command_as_args`, is left alone.
    fn overlay_line(&mut self, wish: Option<Vec<String>>) {
        let Some(wish) = wish else { return };
        let there: Vec<&String> = self.command.iter().chain(&self.args).flatten().collect();
        if there != wish.iter().collect::<Vec<_>>() {
            self.command = self.command.take().map(|_| Vec::new());
            self.args = Some(wish);
        }
    }

    pub fn write(&self, before: &Process, body: &mut Body) {
        let at = |name: &str| format!("TaskTemplate.ContainerSpec.{name}");
        body.put(&at("Image"), &before.image, &self.image);
        body.put(&at("Command"), &before.command, &self.command);
        body.put(&at("Args"), &before.args, &self.args);
        body.put(&at("Env"), &before.env, &self.env);
        body.put(&at("User"), &before.user, &self.user);
        body.put(&at("Groups"), &before.groups, &self.groups);
        body.put(&at("Dir"), &before.working_dir, &self.working_dir);
        body.put(&at("Hostname"), &before.hostname, &self.hostname);
        body.put(&at("TTY"), &before.tty, &self.tty);
        body.put(&at("Init"), &before.init, &self.init);
        body.put(&at("ReadOnly"), &before.read_only, &self.read_only);
        body.put(&at("StopSignal"), &before.stop_signal, &self.stop_signal);
        body.put(&at("StopGracePeriod"), &before.stop_grace_period, &self.stop_grace_period);
    }
}
