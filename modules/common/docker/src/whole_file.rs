//! Files that are there whole or not at all: written beside their place and renamed into it.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// Who may read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As the file that is there has it; a new one as the umask says.
    Usual,
    /// Its owner alone: mode 0600.
    Private,
}

/// A file on its way. When it is dropped before [`WholeFile::into_place`], what was there stays as it was.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    /// Where it is written; `None` once it is in its place.
    beside: Option<PathBuf>,
    path: PathBuf,
}

impl WholeFile {
    /// Starts a file that is to be at `path`, or where a link there points to, in place of what is there. The owner
    /// stays.
    ///
    /// # Errors
    /// The system's, such as no permission to write in the folder.
    pub fn create(path: &Path, access: Access) -> io::Result<WholeFile> {
        let path = match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            found => found?,
        };
        let there = match path.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            facts => Some(facts?),
        };
        let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
        let mode = if access == Access::Private { 0o600 } else { 0o666 };
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&beside)?;
        let own = file.metadata()?;
        let whole = WholeFile { file, beside: Some(beside), path };
        if let Some(there) = there {
            if (there.uid(), there.gid()) != (own.uid(), own.gid()) {
                fchown(&whole.file, Some(there.uid()), Some(there.gid()))?;
            }
            if access == Access::Usual {
                whole.file.set_permissions(Permissions::from_mode(there.mode() & 0o7777))?;
            }
        }
        Ok(whole)
    }

    /// The file, to be written, and to be read again.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// The system's, such as no room on the disk.
    pub fn into_place(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        if let Some(beside) = self.beside.take() {
            std::fs::rename(&beside, &self.path).inspect_err(|_| self.beside = Some(beside))?;
        }
        Ok(())
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // Nobody is left to tell; the file is beside its place, and harms nothing.
            let _ = std::fs::remove_file(beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let folder = std::env::temp_dir().join(format!("whole-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (path, link) = (folder.join("file"), folder.join("link"));
        let write = |path: &Path, access: Access, text: &str, finish: bool| {
            let mut whole = WholeFile::create(path, access).unwrap();
            whole.file().write_all(text.as_bytes()).unwrap();
            if finish {
                whole.into_place().unwrap();
            }
        };
        let mode = || fs::metadata(&path).unwrap().mode() & 0o7777;
        write(&path, Access::Usual, "one", true);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write(&path, Access::Usual, "two", false);
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        symlink("file", &link).unwrap();
        write(&link, Access::Usual, "three", true);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode()), ("three", 0o640));
        assert!(link.is_symlink());
        write(&path, Access::Private, "four", true);
        assert_eq!(mode(), 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(&folder).unwrap();
    }
}
