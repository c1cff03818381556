//! From a sidecar's file to a checked [`Sidecar`], with the fragments that it extends.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::model::File;
use crate::verify;

/// A sidecar that holds together.
#[derive(Debug)]
pub struct Sidecar {
    pub(crate) name: String,
    pub(crate) file: File,
    /// The file as it was written, for the stub.
    pub(crate) written: Value,
    pub(crate) fragments: Vec<Fragment>,
}

/// A doc fragment: options that several modules share.
#[derive(Debug)]
pub struct Fragment {
    pub(crate) name: String,
    pub(crate) file: File,
    pub(crate) written: Value,
}

/// A sidecar that does not hold together, and all that is wrong with it.
#[derive(Debug)]
pub struct Invalid {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, a line each.
    pub problems: Vec<String>,
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let newline = if index > 0 { "\n" } else { "" };
            write!(out, "{newline}{}: {problem}", self.path.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Where this workspace keeps its fragments.
pub fn fragment_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("fragments")
}

/// The sidecars of a crate, sorted: `SRC/NAME/NAME.yml`.
pub fn find(src: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(src)? {
        let folder = entry?.path();
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
        let sidecar = folder.join(format!("{name}.yml"));
        if sidecar.is_file() {
            found.push(sidecar);
        }
    }
    found.sort();
    Ok(found)
}

impl Sidecar {
    /// Reads and checks the sidecar at `path`, with the fragments of [`fragment_dir`].
    pub fn read(path: &Path) -> Result<Self, Invalid> {
        Self::read_with(path, &fragment_dir())
    }

    /// Reads and checks the sidecar at `path`, with the fragments in `fragments`.
    pub fn read_with(path: &Path, fragments: &Path) -> Result<Self, Invalid> {
        let invalid = |problems| Invalid { path: path.to_owned(), problems };
        let text = fs::read_to_string(path).map_err(|error| invalid(vec![error.to_string()]))?;
        let (file, written) = parse(&text).map_err(|problem| invalid(vec![problem]))?;
        let mut resolved = Vec::new();
        for name in file.documentation.extends_documentation_fragment.all() {
            let Some(name) = name.strip_prefix("cdgp.docker.") else {
                return Err(invalid(vec![format!("fragment {name}: its name must begin with cdgp.docker.")]));
            };
            resolved.push(Fragment::read(name, fragments)?);
        }
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let sidecar = Self { name, file, written, fragments: resolved };
        let problems = verify::sidecar(&sidecar);
        if problems.is_empty() { Ok(sidecar) } else { Err(invalid(problems)) }
    }

    /// The module's name, without the collection.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether `module_defaults: group/cdgp.docker.docker` speaks to it, that is, whether its documentation or a
    /// fragment of it has the attribute `action_group`.
    pub fn in_action_group(&self) -> bool {
        self.files().any(|file| file.documentation.attributes.contains_key("action_group"))
    }

    /// The fragments' files in their order, then its own.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.fragments.iter().map(|fragment| &fragment.file).chain([&self.file])
    }
}

impl Fragment {
    /// Reads the fragment `name` (`docker` for `cdgp.docker.docker`) in `dir`.
    pub fn read(name: &str, dir: &Path) -> Result<Self, Invalid> {
        let path = dir.join(format!("{name}.yml"));
        let invalid = |problem| Invalid { path: path.clone(), problems: vec![problem] };
        let text = fs::read_to_string(&path).map_err(|error| invalid(format!("fragment {name}: {error}")))?;
        let (file, written) = parse(&text).map_err(invalid)?;
        Ok(Self { name: name.to_owned(), file, written })
    }

    /// All fragments in `dir`, sorted by name.
    pub fn read_all(dir: &Path) -> Result<Vec<Self>, Invalid> {
        let invalid = |error: io::Error| Invalid { path: dir.to_owned(), problems: vec![error.to_string()] };
        let mut names = Vec::new();
        for entry in fs::read_dir(dir).map_err(invalid)? {
            let path = entry.map_err(invalid)?.path();
            if path.extension().is_some_and(|extension| extension == "yml") {
                names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
            }
        }
        names.sort();
        names.iter().map(|name| Self::read(name, dir)).collect()
    }

    /// The fragment's name, without the collection.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The file's content, typed and as it was written.
fn parse(text: &str) -> Result<(File, Value), String> {
    // By way of YAML's own value, which refuses a key that stands twice.
    let yaml: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    let written = serde_json::to_value(yaml).map_err(|error| error.to_string())?;
    let file = serde_path_to_error::deserialize(&written).map_err(|error| match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    })?;
    Ok((file, written))
}
