//! The project: the options of the fragment `compose_v2`, and the words that they become.

use std::path::{Path, PathBuf};

use ansible::Failure;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Deserialize)]
pub struct Project {
    project_src: Option<PathBuf>,
    project_name: Option<String>,
    files: Option<Vec<PathBuf>>,
    definition: Option<Map<String, Value>>,
    env_files: Option<Vec<PathBuf>>,
    profiles: Option<Vec<String>>,
    check_files_existing: bool,
}

/// A project whose files are there. Those of `definition` go with it.
#[derive(Debug)]
pub struct Opened {
    project: Project,
    pub folder: PathBuf,
    written: bool,
}

const FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

impl Project {
    /// # Errors
    /// The folder or its files are not there, or the definition can't be written.
    pub fn open(self) -> Result<Opened, Failure> {
        if let Some(definition) = &self.definition {
            let folder = write(definition)
                .map_err(|error| Failure::new(format!("writing `definition` into a temporary folder: {error}")))?;
            return Ok(Opened { project: self, folder, written: true });
        }
        let folder = self.project_src.clone().unwrap_or_default();
        let shown = folder.display();
        if !folder.is_dir() {
            return Err(Failure::new(format!("\"{shown}\" is not a directory")));
        }
        match &self.files {
            Some(files) => {
                if let Some(missing) = files.iter().find(|file| !folder.join(file).exists()) {
                    let missing = missing.display();
                    let text =
                        format!("Cannot find Compose file \"{missing}\" relative to project directory \"{shown}\"");
                    return Err(Failure::new(text));
                }
            }
            None if self.check_files_existing && !FILES.iter().any(|file| folder.join(file).exists()) => {
                return Err(Failure::new(format!(
                    "\"{shown}\" does not contain {}; see `files` and `check_files_existing`",
                    FILES.join(", ")
                )));
            }
            None => {}
        }
        Ok(Opened { project: self, folder, written: false })
    }
}

/// JSON is YAML. The folder is the user's alone: what it says may be secret.
fn write(definition: &Map<String, Value>) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let id = format!("cdgp-compose-{}-{:?}", std::process::id(), std::time::Instant::now());
    let name: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let folder = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    std::fs::write(folder.join("compose.yaml"), serde_json::to_vec_pretty(definition)?)?;
    Ok(folder)
}

impl Opened {
    /// The words before the command.
    pub fn words(&self) -> Vec<String> {
        let text = |path: &Path| path.display().to_string();
        let mut words = vec!["--project-directory".to_owned(), text(&self.folder)];
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        self.project.project_name.iter().for_each(|name| say("--project-name", name.clone()));
        self.project.files.iter().flatten().for_each(|file| say("--file", text(&self.folder.join(file))));
        self.project.env_files.iter().flatten().for_each(|file| say("--env-file", text(&self.folder.join(file))));
        self.project.profiles.iter().flatten().for_each(|profile| say("--profile", profile.clone()));
        words
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.written {
            // What can't be removed is for the system's own cleaning of its temporary folder.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
