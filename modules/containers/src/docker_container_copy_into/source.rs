//! What is to be copied: text of the task, or a file of the target.

use std::path::PathBuf;

use ansible::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::options::Options;

/// What is to be copied.
#[derive(Debug)]
pub enum Source {
    /// Text of the task.
    Content(Vec<u8>),
    /// A regular file on the target.
    File { path: PathBuf, size: u64, mode: u32 },
    /// A link on the target, which goes as a link.
    Link { target: String },
}

impl Source {
    /// What the task names, as it is on the target.
    ///
    /// # Errors
    /// It can't be decoded, or there is no such file.
    pub fn read(options: &Options) -> Result<Source, Failure> {
        let Some(path) = &options.path else {
            let content = options.content.clone().unwrap_or_default();
            if !options.content_is_b64 {
                return Ok(Source::Content(content.into_bytes()));
            }
            // Base64 is broken into lines now and then.
            let letters: String = content.split_ascii_whitespace().collect();
            let decoded = STANDARD.decode(letters);
            return decoded
                .map(Source::Content)
                .map_err(|error| Failure::new(format!("Cannot Base64 decode the content option: {error}")));
        };
        let shown = path.display();
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::new(format!("Cannot find local file {shown}")),
            _ => Failure::new(format!("reading `path` {shown}: {error}")),
        };
        let facts = if options.local_follow { path.metadata() } else { path.symlink_metadata() }.map_err(failed)?;
        if facts.is_symlink() {
            let target = path.read_link().map_err(failed)?;
            return Ok(Source::Link { target: target.to_string_lossy().into_owned() });
        }
        if !facts.is_file() {
            return Err(Failure::new(format!("Local path {shown} is not a symbolic link or file")));
        }
        let mode = std::os::unix::fs::MetadataExt::mode(&facts) & 0o7777;
        Ok(Source::File { path: path.clone(), size: facts.len(), mode })
    }
}
