//! What `host_file` will do, from the options and what is there.

use std::fmt;
use std::path::Path;

use ansible::{Failure, Plan};
use serde::Serialize;

use super::edit::Edited;
use super::mode::Mode;
use super::observe::{Kind, Node, Observed};
use super::options::{Options, Time, Want};

/// What there is, or will be, in the words of the options.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    pub path: String,
    pub state: Kind,
    pub mode: Option<Mode>,
    pub owner: u32,
    pub group: u32,
    pub src: Option<String>,
    #[serde(serialize_with = "readable")]
    pub content: Option<Vec<u8>>,
    /// Attributes of what is below, by path, of those that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<(String, Mode, u32, u32)>,
}

fn readable<S: serde::Serializer>(content: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    content.as_ref().map(|bytes| String::from_utf8_lossy(bytes)).serialize(serializer)
}

/// One step.
#[derive(Clone, Debug)]
pub enum Action {
    BackUp { path: String },
    Remove { path: String, kind: Kind },
    MakeDirectory { path: String, mode: Mode, owner: Option<u32>, group: Option<u32> },
    Write { path: String, content: Vec<u8>, mode: Mode, owner: Option<u32>, group: Option<u32> },
    Link { path: String, to: String },
    HardLink { path: String, to: String },
    SetMode { path: String, mode: Mode },
    SetOwner { path: String, owner: Option<u32>, group: Option<u32> },
    SetTimes { path: String, access: bool, modification: bool },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::BackUp { path } => write!(f, "back up {path}"),
            Action::Remove { path, kind: Kind::Directory } => {
                write!(f, "remove the folder {path} and all that is in it")
            }
            Action::Remove { path, .. } => write!(f, "remove {path}"),
            Action::MakeDirectory { path, mode, .. } => write!(f, "make the folder {path} with mode {mode}"),
            Action::Write { path, content, mode, .. } => {
                write!(f, "write {} bytes to {path} with mode {mode}", content.len())
            }
            Action::Link { path, to } => write!(f, "link {path} to {to}"),
            Action::HardLink { path, to } => write!(f, "make {path} another name of {to}"),
            Action::SetMode { path, mode } => write!(f, "set the mode of {path} to {mode}"),
            Action::SetOwner { path, owner, group } => {
                let shown = |number: &Option<u32>| number.map_or_else(String::new, |number| number.to_string());
                write!(f, "set owner and group of {path} to {}:{}", shown(owner), shown(group))
            }
            Action::SetTimes { path, .. } => write!(f, "set the times of {path}"),
        }
    }
}

/// The plan, and what an edit says.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan<State, Action>,
    /// Ansible's words for what an edit did; `None` when there was none.
    pub msg: Option<String>,
    pub found: Option<usize>,
    /// Whether an edit also changes mode or owner.
    pub attributes: bool,
}

/// Plans. `observed` is what is there now.
///
/// # Errors
/// What is wanted can't be made of what is there.
pub fn plan(options: &Options, want: &Want, observed: &Observed) -> Result<Planned, Failure> {
    let scene = Scene { options, observed };
    let unsaid = |plan| Planned { plan, msg: None, found: None, attributes: false };
    match want {
        Want::Attributes => scene.attributes().map(unsaid),
        Want::Content(content) => scene.content(content, None).map(unsaid),
        Want::CopyOf(_) => {
            let source = observed.source.as_ref();
            let content = source.and_then(|source| source.content.clone()).ok_or_else(|| {
                Failure::new("`src` is no file; with remote_src=true this module copies single files")
            })?;
            scene.content(&content, source.map(|source| source.mode)).map(unsaid)
        }
        Want::Directory => scene.directory().map(unsaid),
        Want::Link { to } => scene.link(to).map(unsaid),
        Want::HardLink { to } => scene.hard_link(to).map(unsaid),
        Want::Touch => scene.touch().map(unsaid),
        Want::Absent => Ok(unsaid(scene.absent())),
        Want::Line(line) => scene
            .edit(Missing::Fails(257, "Destination"), |text| line.edit(text.unwrap_or_default()).map_err(Failure::new)),
        Want::NoLine(line) => {
            scene.edit(Missing::IsFine("file not present"), |text| Ok(line.edit(text.unwrap_or_default())))
        }
        Want::Block(block) if block.block.is_empty() && observed.node.is_none() && options.create => {
            let msg = format!("File {} not present", options.path);
            Ok(scene.nothing(msg, None))
        }
        Want::Block(block) => scene.edit(Missing::Fails(257, "Path"), |text| Ok(block.edit(text))),
    }
}

/// What an edit does where there is no file, and `create` is not given.
enum Missing {
    Fails(i32, &'static str),
    IsFine(&'static str),
}

struct Scene<'p> {
    options: &'p Options,
    observed: &'p Observed,
}

impl Scene<'_> {
    fn path(&self) -> String {
        self.observed.path.clone()
    }

    fn before(&self) -> Option<State> {
        self.observed.node.as_ref().map(|node| self.state(node))
    }

    fn state(&self, node: &Node) -> State {
        State {
            path: self.path(),
            state: node.kind,
            mode: (node.kind != Kind::Link).then_some(node.mode),
            owner: node.owner,
            group: node.group,
            src: node.to.clone(),
            content: node.content.clone(),
            below: Vec::new(),
        }
    }

    fn nothing(&self, msg: String, found: Option<usize>) -> Planned {
        Planned { plan: self.unchanged(), msg: Some(msg), found, attributes: false }
    }

    fn unchanged(&self) -> Plan<State, Action> {
        Plan { before: self.before(), after: self.before(), actions: Vec::new() }
    }

    /// A file as it is with the wished attributes laid over it.
    fn overlaid(&self, mut state: State, source: Option<Mode>) -> State {
        let directory = state.state == Kind::Directory;
        let (owner, group) = (self.observed.owner.unwrap_or(state.owner), self.observed.group.unwrap_or(state.group));
        // What runs as its owner must not silently run as another one. Source: chown(2).
        if !directory && (owner, group) != (state.owner, state.group) {
            state.mode = state.mode.map(|mode| Mode(mode.0 & !0o6000));
        }
        if let (Some(present), Some(wish)) = (state.mode, &self.options.mode) {
            state.mode = Some(wish.of(present, directory, self.observed.umask.0, source));
        }
        (state.owner, state.group) = (owner, group);
        state
    }

    /// What leads from the attributes of one state to those of the other. The owner comes first: setting it clears bits.
    fn attribute_actions(&self, before: &State, after: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        let changed = |old: u32, new: u32| (old != new).then_some(new);
        let (owner, group) = (changed(before.owner, after.owner), changed(before.group, after.group));
        if owner.is_some() || group.is_some() {
            actions.push(Action::SetOwner { path: after.path.clone(), owner, group });
        }
        match after.mode {
            Some(mode) if before.mode != after.mode => actions.push(Action::SetMode { path: after.path.clone(), mode }),
            _ => {}
        }
        actions
    }

    fn attributes(&self) -> Result<Plan<State, Action>, Failure> {
        let Some(before) = self.before() else {
            let path = &self.options.path;
            return Err(Failure::new(format!("file ({path}) is absent, cannot continue")).with("path", path));
        };
        let asked_for_file = self.options.state.is_some();
        if asked_for_file && !matches!(before.state, Kind::File | Kind::Hard) {
            let (path, kind) = (&self.options.path, kind_name(before.state));
            return Err(Failure::new(format!("file ({path}) is {kind}, cannot continue")).with("path", path));
        }
        let after = self.overlaid(before.clone(), None);
        let mut actions = self.attribute_actions(&before, &after);
        actions.extend(self.times(false));
        Ok(Plan { before: Some(before), after: Some(after), actions })
    }

    /// Setting the times, when they are asked for; `by_default` is what `touch` does.
    fn times(&self, by_default: bool) -> Option<Action> {
        let now = |time: Option<Time>| time.map_or(by_default, |time| time == Time::Now);
        let (access, modification) = (now(self.options.access_time), now(self.options.modification_time));
        (access || modification).then(|| Action::SetTimes { path: self.path(), access, modification })
    }

    fn content(&self, content: &[u8], source: Option<Mode>) -> Result<Plan<State, Action>, Failure> {
        let path = &self.options.path;
        if self.observed.node.as_ref().is_some_and(|node| node.kind == Kind::Directory) || path.ends_with('/') {
            return Err(Failure::new(format!("can not use content with a dir as dest: `path` {path} is one")));
        }
        if self.observed.no_folder {
            let folder = Path::new(path).parent().unwrap_or(Path::new("/"));
            return Err(Failure::new(format!("Destination directory {} does not exist", folder.display())));
        }
        let before = self.before();
        let keep = before.is_some() && !self.observed.dangling && self.options.force == Some(false);
        if keep {
            return Ok(self.unchanged());
        }
        Ok(self.written(before, content, source))
    }

    /// The file with this content, and its attributes as wished.
    fn written(&self, before: Option<State>, content: &[u8], source: Option<Mode>) -> Plan<State, Action> {
        let fresh = || State {
            path: self.path(),
            state: Kind::File,
            mode: Some(Mode(0o666 & !self.observed.umask.0)),
            owner: before.as_ref().map_or(0, |before| before.owner),
            group: before.as_ref().map_or(0, |before| before.group),
            src: None,
            content: None,
            below: Vec::new(),
        };
        let regular = before.clone().filter(|before| matches!(before.state, Kind::File | Kind::Hard));
        let base = regular.clone().unwrap_or_else(fresh);
        let mut after = self.overlaid(base, source);
        after.content = Some(content.to_vec());
        if regular.as_ref().is_some_and(|before| before.content == after.content) {
            let actions = regular.as_ref().map_or_else(Vec::new, |before| self.attribute_actions(before, &after));
            return Plan { before, after: Some(after), actions };
        }
        // Renaming makes a file of its own of one that had other names.
        after.state = Kind::File;
        let mut actions = Vec::new();
        if self.options.backup && regular.is_some() {
            actions.push(Action::BackUp { path: self.path() });
        }
        actions.push(Action::Write {
            path: self.path(),
            content: content.to_vec(),
            mode: after.mode.unwrap_or_default(),
            owner: self.observed.owner.or(regular.as_ref().map(|before| before.owner)),
            group: self.observed.group.or(regular.as_ref().map(|before| before.group)),
        });
        Plan { before, after: Some(after), actions }
    }

    fn edit(
        &self,
        missing: Missing,
        edit: impl FnOnce(Option<&[u8]>) -> Result<Edited, Failure>,
    ) -> Result<Planned, Failure> {
        let path = &self.options.path;
        let text = match &self.observed.node {
            Some(node) if matches!(node.kind, Kind::File | Kind::Hard) => node.content.as_deref(),
            Some(node) if node.kind == Kind::Directory => {
                return Err(Failure::new(format!("Path {path} is a directory !")).with("rc", 256));
            }
            Some(_) => return Err(Failure::new(format!("{path} is no regular file, so it has no lines to edit"))),
            None => match missing {
                Missing::IsFine(msg) => {
                    return Ok(self.nothing(msg.to_owned(), None));
                }
                Missing::Fails(rc, what) if !self.options.create => {
                    return Err(Failure::new(format!("{what} {path} does not exist !")).with("rc", rc));
                }
                Missing::Fails(..) => None,
            },
        };
        let edited = edit(text)?;
        if text.is_none() && edited.msg.is_empty() {
            return Ok(self.nothing(edited.msg, edited.found));
        }
        let mut plan = self.written(self.before(), &edited.text, None);
        // Ansible makes the folder, with `create`.
        if self.observed.no_folder
            && let Some(folder) = Path::new(&self.observed.path).parent()
        {
            let mode = Mode(0o777 & !self.observed.umask.0);
            let path = folder.to_string_lossy().into_owned();
            plan.actions.insert(0, Action::MakeDirectory { path, mode, owner: None, group: None });
        }
        let fresh = Some((Some(Mode(0o666 & !self.observed.umask.0)), 0, 0));
        let of = |state: &Option<State>| state.as_ref().map(|state| (state.mode, state.owner, state.group));
        let attributes = of(&plan.before).or(fresh) != of(&plan.after);
        Ok(Planned { plan, msg: Some(edited.msg), found: edited.found, attributes })
    }

    fn directory(&self) -> Result<Plan<State, Action>, Failure> {
        let path = &self.options.path;
        let Some(before) = self.before() else {
            let fresh = State {
                path: self.path(),
                state: Kind::Directory,
                mode: Some(Mode(0o777 & !self.observed.umask.0)),
                owner: self.observed.owner.unwrap_or_default(),
                group: self.observed.group.unwrap_or_default(),
                src: None,
                content: None,
                below: Vec::new(),
            };
            let after = self.overlaid(fresh, None);
            let (mode, owner, group) = (after.mode.unwrap_or_default(), self.observed.owner, self.observed.group);
            let actions = vec![Action::MakeDirectory { path: self.path(), mode, owner, group }];
            return Ok(Plan { before: None, after: Some(after), actions });
        };
        if before.state != Kind::Directory {
            return Err(
                Failure::new(format!("{path} already exists as a {}", kind_name(before.state))).with("path", path)
            );
        }
        let mut before = before;
        let mut after = self.overlaid(before.clone(), None);
        let mut actions = self.attribute_actions(&before, &after);
        for entry in &self.observed.below {
            let old = State { path: entry.path.clone(), content: None, ..self.state(&entry.node) };
            let new = self.overlaid(old.clone(), None);
            let here = self.attribute_actions(&old, &new);
            if !here.is_empty() {
                let shown =
                    |state: &State| (state.path.clone(), state.mode.unwrap_or_default(), state.owner, state.group);
                before.below.push(shown(&old));
                after.below.push(shown(&new));
                actions.extend(here);
            }
        }
        actions.extend(self.times(false));
        Ok(Plan { before: Some(before), after: Some(after), actions })
    }

    fn link(&self, to: &str) -> Result<Plan<State, Action>, Failure> {
        let path = &self.options.path;
        let force = self.options.force == Some(true);
        if self.observed.source.is_none() && !force {
            let folder = Path::new(&self.observed.path).parent().unwrap_or(Path::new("/"));
            let meant = folder.join(to);
            return Err(Failure::new(format!(
                "src file does not exist, use \"force=yes\" if you really want to create the link: {}",
                meant.display()
            )));
        }
        let before = self.before();
        let after = State {
            path: self.path(),
            state: Kind::Link,
            mode: None,
            owner: self.observed.owner.or(before.as_ref().map(|before| before.owner)).unwrap_or_default(),
            group: self.observed.group.or(before.as_ref().map(|before| before.group)).unwrap_or_default(),
            src: Some(to.to_owned()),
            content: None,
            below: Vec::new(),
        };
        let make = Action::Link { path: self.path(), to: to.to_owned() };
        let actions = match (&before, &self.observed.node) {
            (Some(old), _) if old.state == Kind::Link && old.src == after.src => self.attribute_actions(old, &after),
            (Some(old), Some(node)) if old.state == Kind::Directory => {
                if !force {
                    return Err(Failure::new(format!("refusing to convert from directory to symlink for {path}")));
                }
                if !node.empty {
                    return Err(Failure::new(format!("the directory {path} is not empty, refusing to convert it")));
                }
                vec![Action::Remove { path: self.path(), kind: Kind::Directory }, make]
            }
            (Some(old), _) if old.state != Kind::Link && !force => {
                let kind = kind_name(old.state);
                return Err(Failure::new(format!("refusing to convert from {kind} to symlink for {path}")));
            }
            _ => vec![make],
        };
        Ok(Plan { before, after: Some(after), actions })
    }

    fn hard_link(&self, to: &str) -> Result<Plan<State, Action>, Failure> {
        let path = &self.options.path;
        let Some(source) = &self.observed.source else {
            return Err(Failure::new("src does not exist").with("src", to));
        };
        let before = self.before();
        let mut after = State { state: Kind::Hard, ..self.state(source) };
        after = self.overlaid(after, None);
        if self.observed.same_file {
            let actions = before.as_ref().map_or_else(Vec::new, |old| self.attribute_actions(old, &after));
            return Ok(Plan { before, after: Some(after), actions });
        }
        match &before {
            Some(old)
                if old.state == Kind::Directory || (old.state != Kind::Link && self.options.force != Some(true)) =>
            {
                return Err(Failure::new(format!(
                    "Cannot link, different hard link exists at destination: {path} is a {}; say force=true",
                    kind_name(old.state)
                )));
            }
            _ => {}
        }
        let mut actions = vec![Action::HardLink { path: self.path(), to: to.to_owned() }];
        actions.extend(self.attribute_actions(&State { path: self.path(), ..self.state(source) }, &after));
        Ok(Plan { before, after: Some(after), actions })
    }

    fn touch(&self) -> Result<Plan<State, Action>, Failure> {
        match self.before() {
            None if self.observed.no_folder => {
                let path = &self.options.path;
                Err(Failure::new(format!("Error, could not touch target: the folder of {path} does not exist")))
            }
            None => Ok(self.written(None, b"", None)),
            Some(before) => {
                let after = self.overlaid(before.clone(), None);
                let mut actions = self.attribute_actions(&before, &after);
                actions.extend(self.times(true));
                Ok(Plan { before: Some(before), after: Some(after), actions })
            }
        }
    }

    fn absent(&self) -> Plan<State, Action> {
        let before = self.before();
        let actions = before.iter().map(|old| Action::Remove { path: self.path(), kind: old.state }).collect();
        Plan { before, after: None, actions }
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "directory",
        Kind::File => "file",
        Kind::Hard => "hard",
        Kind::Link => "link",
        Kind::Other => "special file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        let observed_at = |options: &Options, observed: Option<&Observed>| {
            let observed = observed.cloned().unwrap_or_default();
            Observed { path: options.path.clone(), umask: Mode(0o022), ..observed }
        };
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                plan(options, &options.want()?, &observed_at(options, observed)).map(|planned| planned.plan)
            },
            |observed, after| {
                let node = after.map(|state| Node {
                    kind: state.state,
                    mode: state.mode.unwrap_or(Mode(0o777)),
                    owner: state.owner,
                    group: state.group,
                    to: state.src,
                    content: state.content,
                    empty: false,
                });
                let below = |observed: &Observed| observed.below.iter().filter(|_| false).cloned().collect();
                let observed = observed.unwrap_or_default();
                Some(Observed { below: below(&observed), same_file: true, no_folder: false, node, ..observed })
            },
        );
    }
}
