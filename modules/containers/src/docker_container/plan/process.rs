//! The process: what runs, as whom, with which environment.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use ansible::Failure;
use docker::Image;
use docker::container::Container as Inspect;
use serde::Serialize;

use super::super::options::{Comparison, ImageLabelMismatch, Options};
use super::body::{Body, put};
use super::compare::{Compare, Kind};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Process {
    command: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    env: Option<BTreeMap<String, String>>,
    labels: Option<BTreeMap<String, String>>,
    user: Option<String>,
    working_dir: Option<String>,
    hostname: Option<String>,
    domainname: Option<String>,
    interactive: Option<bool>,
    detach: Option<bool>,
    tty: Option<bool>,
    init: Option<bool>,
    stop_signal: Option<String>,
    /// Seconds.
    stop_timeout: Option<i64>,
}

impl From<&Inspect> for Process {
    fn from(inspect: &Inspect) -> Self {
        let config = &inspect.config;
        Process {
            command: config.cmd.clone(),
            entrypoint: config.entrypoint.clone(),
            env: Some(variables(&config.env)),
            labels: Some(config.labels.clone()),
            user: Some(config.user.clone()),
            working_dir: Some(config.working_dir.clone()),
            // Empty is the user's word for the one that the engine chooses: the ID's beginning.
            hostname: Some(config.hostname.clone())
                .map(|name| if inspect.id.get(..12) == Some(&name) { String::new() } else { name }),
            domainname: Some(config.domainname.clone()),
            interactive: Some(config.open_stdin),
            detach: Some(!(config.attach_stdout && config.attach_stderr)),
            tty: Some(config.tty),
            init: inspect.host_config.init,
            stop_signal: config.stop_signal.clone(),
            stop_timeout: config.stop_timeout,
        }
    }
}

impl Process {
    /// # Errors
    /// The image has labels that strict labels leave out, and the task is to fail then.
    pub fn overlay(&mut self, wish: &Options, compare: &Compare, image: Option<&Image>) -> Result<(), Failure> {
        let from_image = image.map(|image| image.config.clone()).unwrap_or_default();
        let mut command = wish.command();
        if command.as_ref().is_some_and(Vec::is_empty) && from_image.cmd.as_ref().is_some_and(|cmd| !cmd.is_empty()) {
            // The engine takes an empty command for none, and runs the image's.
            command.clone_from(&from_image.cmd);
        }
        compare.list("command", &mut self.command, command);
        compare.list("entrypoint", &mut self.entrypoint, wish.entrypoint());
        compare.map("env", &mut self.env, wish.env.clone().map(|env| env.0), variables(&from_image.env));
        labels_can_go(wish, compare, &from_image.labels)?;
        let labels = match wish.image_label_mismatch {
            ImageLabelMismatch::Ignore => from_image.labels,
            ImageLabelMismatch::Fail => BTreeMap::new(),
        };
        compare.map("labels", &mut self.labels, wish.labels.clone().map(|labels| labels.0), labels);
        // Empty, too, the engine takes for the image's.
        let user = wish.user.clone().map(|user| if user.is_empty() { from_image.user } else { user });
        compare.value("user", &mut self.user, user);
        let folder =
            wish.working_dir.as_deref().map(|path| if path.is_empty() { &from_image.working_dir } else { path });
        compare.value("working_dir", &mut self.working_dir, folder.map(clean_path));
        compare.value("hostname", &mut self.hostname, wish.hostname.clone());
        compare.value("domainname", &mut self.domainname, wish.domainname.clone());
        compare.value("interactive", &mut self.interactive, wish.interactive);
        compare.value("detach", &mut self.detach, wish.detach);
        compare.value("tty", &mut self.tty, wish.tty);
        compare.value("init", &mut self.init, wish.init);
        compare.value("stop_signal", &mut self.stop_signal, wish.stop_signal.clone());
        compare.ignored_value("stop_timeout", &mut self.stop_timeout, wish.stop_timeout);
        Ok(())
    }

    pub fn write(&self, body: &mut Body) {
        let config = &mut body.config;
        put(config, "Cmd", &self.command);
        put(config, "Entrypoint", &self.entrypoint);
        let env =
            self.env.as_ref().map(|env| env.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>());
        put(config, "Env", &env);
        put(config, "Labels", &self.labels);
        put(config, "User", &self.user);
        put(config, "WorkingDir", &self.working_dir);
        put(config, "Hostname", &self.hostname);
        put(config, "Domainname", &self.domainname);
        put(config, "OpenStdin", &self.interactive);
        // Only one that is asked to detach is not attached to: so the peer makes it.
        let attach = self.detach != Some(true);
        let stdin = attach && self.interactive == Some(true);
        put(config, "AttachStdin", &Some(stdin));
        put(config, "StdinOnce", &Some(stdin));
        put(config, "AttachStdout", &Some(attach));
        put(config, "AttachStderr", &Some(attach));
        put(config, "Tty", &self.tty);
        put(&mut body.host_config, "Init", &self.init);
        put(&mut body.config, "StopSignal", &self.stop_signal);
        put(&mut body.config, "StopTimeout", &self.stop_timeout);
    }
}

/// Strict labels take away what is not named, but what the image brings can't be taken away.
fn labels_can_go(wish: &Options, compare: &Compare, from_image: &BTreeMap<String, String>) -> Result<(), Failure> {
    let mode = compare.mode("labels", Kind::Collection, Comparison::AllowMorePresent);
    let fails = wish.image_label_mismatch == ImageLabelMismatch::Fail && mode == Comparison::Strict;
    let (Some(wished), true) = (&wish.labels, fails && !compare.is_fresh()) else { return Ok(()) };
    let left: Vec<String> =
        from_image.keys().filter(|label| !wished.0.contains_key(*label)).map(|label| format!("{label:?}")).collect();
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "Some labels should be removed but are present in the base image. You can set image_label_mismatch to 'ignore' \
         to ignore this error. Labels: {}",
        left.join(", ")
    )))
}

/// A path as the engine writes it: without a slash at the end, `.` and `..`.
fn clean_path(path: &str) -> String {
    let mut clean = PathBuf::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean.to_string_lossy().into_owned()
}

/// `NAME=value` lines as a map; a line without `=` names a variable that was taken out, and is empty here.
fn variables(lines: &[String]) -> BTreeMap<String, String> {
    lines
        .iter()
        .map(|line| line.split_once('=').unwrap_or((line, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
