//! Loop devices: an image file as a block device, for as long as somebody uses it.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::ioctl;
use crate::trouble::{Doing, Result, trouble};

/// A loop device that stays bound while this, or a mount of it, lives.
#[derive(Debug)]
pub struct Loop {
    _device: File,
    path: PathBuf,
}

impl Loop {
    /// The device of an image: the one that it is bound to already, else a free one. Two devices over one file would
    /// ruin its file system.
    pub fn attach(image: &Path) -> Result<Loop> {
        let doing = || format!("attaching {} to a loop device", image.display());
        if let Some(found) = Loop::find(image)? {
            return Ok(found);
        }
        let file = File::options().read(true).write(true).open(image).doing(doing)?;
        let control = File::options().read(true).write(true).open("/dev/loop-control").doing(doing)?;
        for _ in 0..64 {
            let number = ioctl::free_loop(&control).doing(doing)?;
            let path = PathBuf::from(format!("/dev/loop{number}"));
            let device = File::options().read(true).write(true).open(&path).doing(doing)?;
            match ioctl::bind_loop(&device, &file) {
                Ok(()) => return Ok(Loop { _device: device, path }),
                // Somebody else took it in between.
                Err(Errno::BUSY) => {}
                Err(error) => return Err(error).doing(doing),
            }
        }
        Err(trouble!("{}: each free device was taken by somebody else first", doing()))
    }

    /// The device that an image is bound to.
    pub fn find(image: &Path) -> Result<Option<Loop>> {
        let wanted = image.metadata().doing(|| format!("looking at {}", image.display()))?;
        let devices = fs::read_dir("/sys/block").doing(|| "listing the block devices")?;
        for entry in devices.flatten() {
            let name = entry.file_name();
            // Only a bound device has this folder.
            if !name.to_string_lossy().starts_with("loop") || !entry.path().join("loop").exists() {
                continue;
            }
            let path = Path::new("/dev").join(name);
            // One that is released meanwhile is none of ours.
            let Ok(device) = File::options().read(true).write(true).open(&path) else { continue };
            let bound = ioctl::loop_status(&device);
            if bound.is_ok_and(|bound| (bound.device, bound.inode) == (wanted.dev(), wanted.ino())) {
                return Ok(Some(Loop { _device: device, path }));
            }
        }
        Ok(None)
    }

    /// The device's path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
