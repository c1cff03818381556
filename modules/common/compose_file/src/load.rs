//! From files to a [`Project`]: read, fill in variables, extend, merge, type.

use crate::fields::Item;
use crate::interpolate::interpolate;
use crate::merge::{merge, settle};
use crate::node::Node;
use crate::{Error, Place, Project, extends, paths, yaml};

/// What the files' surroundings are: the only way of this crate to a file system and an environment.
pub trait Surroundings {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it can't be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<String>;
}

/// One of the files of a stack.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, by its path.
    File(String),
    /// A definition as data: its name in errors, and the data.
    Data(String, serde_json::Value),
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The model.
    pub project: Project,
    /// What a user should know: what a swarm ignores, variables that are not set.
    pub warnings: Vec<String>,
}

/// Reads, merges and types the files of a stack. `directory` is where a relative path begins.
///
/// # Errors
/// A file can't be read, or has something that a stack can't have.
pub fn load(sources: &[Source], directory: &str, around: &dyn Surroundings) -> Result<Loaded, Error> {
    let mut warnings = Vec::new();
    let mut whole: Option<Node> = None;
    for source in sources {
        let mut root = match source {
            Source::File(path) => file(path, around)?,
            Source::Data(name, value) => {
                let place = Place { file: name.as_str().into(), line: None };
                let root = Node::from_json(value, &place, 0)?;
                if root.map().is_none() {
                    return Err(Error::at(&place, "a compose file is a mapping with the key `services`"));
                }
                root
            }
        };
        interpolate(&mut root, "", around, &mut warnings)?;
        let at = match source {
            Source::File(path) => paths::parent(path),
            Source::Data(..) => directory,
        };
        extends::resolve(&mut root, at, around, &mut warnings)?;
        whole = Some(match whole {
            None => root,
            Some(base) => merge(base, root, "")?,
        });
    }
    let Some(mut whole) = whole else {
        return Err(Error::at(&Place { file: "compose".into(), line: None }, "no file was given"));
    };
    settle(&mut whole);
    let mut context = Context { around, directory, warnings };
    let project = Project::read(&Item::new(&whole, ""), &mut context)?;
    Ok(Loaded { project, warnings: context.warnings })
}

/// The tree of a file, as it stands.
pub(crate) fn file(path: &str, around: &dyn Surroundings) -> Result<Node, Error> {
    let place = Place { file: path.into(), line: None };
    let bytes = around.read(path).map_err(|reason| Error::at(&place, format!("it can't be read: {reason}")))?;
    let text = String::from_utf8(bytes).map_err(|error| Error::at(&place, format!("it is not UTF-8: {error}")))?;
    yaml::read(path, &text)
}

/// What reading needs beside the tree, and what it has to say.
pub(crate) struct Context<'a> {
    pub around: &'a dyn Surroundings,
    pub directory: &'a str,
    warnings: Vec<String>,
}

impl Context<'_> {
    pub fn warn(&mut self, place: &Place, path: &str, reason: &str) {
        self.warnings.push(format!("{place}: {path}: {reason}"));
    }

    /// The bytes of the file that an entry names.
    pub fn file(&self, item: &Item<'_>) -> Result<Vec<u8>, Error> {
        let path = paths::from(self.directory, &item.text()?);
        self.around.read(&path).map_err(|reason| item.error(format!("{path} can't be read: {reason}")))
    }

    /// A path of the node, from the files' directory or the user's home.
    pub fn on_the_node(&mut self, path: &str, place: &Place) -> String {
        let Some(rest) = path.strip_prefix('~') else { return paths::from(self.directory, path) };
        match self.around.variable("HOME") {
            Some(home) => format!("{home}{rest}"),
            None => {
                self.warn(place, path, "cannot expand '~', because the environment lacks HOME");
                paths::from(self.directory, path)
            }
        }
    }
}
