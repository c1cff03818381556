//! A job's file: says that the job runs, then what came of it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::Failure;

/// The variable that says where jobs are kept, as Ansible has it.
pub(super) const DIRECTORY: &str = "ANSIBLE_ASYNC_DIR";

/// A job on this host.
#[derive(Debug)]
pub(crate) struct Job {
    /// Its name, which is also its file's.
    pub id: String,
    directory: PathBuf,
}

impl Job {
    /// The job `id`. It is kept in `directory`, else where the variable `ANSIBLE_ASYNC_DIR` says, else in `~/.ansible_async`.
    ///
    /// # Errors
    /// When `id` is not the name of a job, but could be a path.
    pub fn new(id: &str, directory: Option<&str>) -> Result<Self, Failure> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if id.is_empty() || id.starts_with('.') || !id.chars().all(allowed) {
            return Err(Failure::new("`jid`: a job's name has letters, digits, dots, dashes and underscores only"));
        }
        let variable = std::env::var(DIRECTORY).ok();
        let directory = directory.or(variable.as_deref()).unwrap_or("~/.ansible_async");
        let directory = match (directory.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest),
            _ => PathBuf::from(directory),
        };
        Ok(Job { id: id.to_owned(), directory })
    }

    /// The file that holds the job's state.
    pub fn file(&self) -> PathBuf {
        self.directory.join(&self.id)
    }

    /// Makes the directory and a file in it for what the worker prints. Both are the user's alone.
    pub fn create_output(&self) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(self.output())
    }

    fn output(&self) -> PathBuf {
        self.directory.join(format!(".{}.out", self.id))
    }

    /// Puts down that the job runs, kept by the process `keeper`.
    pub fn put_running(&self, keeper: u32) -> io::Result<()> {
        self.put(&json!({ "ansible_job_id": self.id, "started": true, "finished": false, "keeper_pid": keeper }))
    }

    /// Puts down what came of the job. After that its output is not needed.
    pub fn put_result(&self, mut result: Map<String, Value>) -> io::Result<()> {
        result.insert("ansible_job_id".to_owned(), json!(self.id));
        result.insert("started".to_owned(), json!(true));
        result.insert("finished".to_owned(), json!(true));
        self.put(&Value::Object(result))?;
        fs::remove_file(self.output())
    }

    /// Replaces the file at once: who reads it sees the old state or the new one, never half of it.
    fn put(&self, state: &Value) -> io::Result<()> {
        let new = self.directory.join(format!(".{}.new", self.id));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(state.to_string().as_bytes())?;
        fs::rename(new, self.file())
    }

    /// What the file says; `None` when there is no such job.
    ///
    /// # Errors
    /// When there is a file that can't be read or is not a job's.
    pub fn state(&self) -> Result<Option<Map<String, Value>>, Failure> {
        let path = self.file();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::new(format!("reading {}: {error}", path.display()))),
        };
        match serde_json::from_str(&text) {
            Ok(state) => Ok(Some(state)),
            Err(_) => Err(Failure::new(format!("{} does not hold the state of a job", path.display()))),
        }
    }

    /// Removes the job's file.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_file(self.file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for wrong in ["", "..", "../x", "a/b", ".hidden", "a b", "a\0b"] {
            Job::new(wrong, Some("/d")).unwrap_err();
        }
        assert_eq!(Job::new("j12.34", Some("/d")).unwrap().file(), Path::new("/d/j12.34"));
        let home = std::env::var("HOME").unwrap();
        assert_eq!(Job::new("j", Some("~/d")).unwrap().file(), Path::new(&home).join("d/j"));
    }

    #[test]
    fn a_job_runs_and_ends() {
        let directory = std::env::temp_dir().join(format!("cdgp-job-{}", std::process::id()));
        let job = Job::new("j1.2", directory.to_str()).unwrap();
        assert!(job.state().unwrap().is_none());
        job.create_output().unwrap();
        job.put_running(7).unwrap();
        assert_eq!(job.state().unwrap().unwrap()["finished"], false);
        job.put_result([("changed".to_owned(), json!(true))].into_iter().collect()).unwrap();
        let state = job.state().unwrap().unwrap();
        assert_eq!(
            Value::Object(state),
            json!({"changed": true, "ansible_job_id": "j1.2", "started": true, "finished": true})
        );
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing but the result is left");
        job.remove().unwrap();
        fs::remove_dir(directory).unwrap();
    }
}
