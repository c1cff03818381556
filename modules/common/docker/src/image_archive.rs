//! Archives of images, as `docker save` writes and `docker load` reads them: what is in one, `GET /images/get` and
//! `POST /images/load`.
//!
//! Source: the image specification of Docker 1.2 (`manifest.json`) and the OCI image layout (`index.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::upload::Upload;
use crate::{Engine, Error, ImageName, Platform, typed};

/// One image of an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedImage {
    /// The IDs that engines give it: the digest of its configuration, and where the archive has them those of its
    /// manifest and of the index that the manifest is in, which the containerd image store takes.
    pub ids: BTreeSet<String>,
    /// Its names with tags, in the short form.
    #[serde(default)]
    pub names: BTreeSet<String>,
    /// `os/architecture[/variant]`; empty where the archive does not say.
    #[serde(default)]
    pub platform: String,
}

/// What an engine loaded from an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Names, and the IDs of images that have none.
    pub names: Vec<String>,
    /// What the engine said.
    pub said: String,
    /// Why it stopped, in its own words, where it did not like the archive.
    pub failed: Option<String>,
}

/// JSON files of an archive are small; a larger one is none.
const LARGEST: u64 = 8 << 20;

/// The images of an archive. `None` where it can't tell: the archive is compressed, or of a form that has no
/// `manifest.json`.
///
/// # Errors
/// It is no archive.
pub fn images_in(mut file: &File) -> io::Result<Option<Vec<ArchivedImage>>> {
    let mut start = Vec::new();
    file.take(6).read_to_end(&mut start)?;
    file.rewind()?;
    let compressed: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
    if compressed.iter().any(|magic| start.starts_with(magic)) {
        return Ok(None);
    }
    let mut places = BTreeMap::new();
    for entry in tar::Archive::new(file).entries_with_seek()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
        places.insert(name, (entry.raw_file_position(), entry.size()));
    }
    let mut archive = Opened { file, places };
    let Some(manifest) = archive.json("manifest.json")? else { return Ok(None) };
    let mut images = Vec::new();
    for listed in manifest.as_array().into_iter().flatten() {
        let listed: Listed = typed(listed, "manifest.json").map_err(io::Error::other)?;
        let digits = listed.config.trim_start_matches("blobs/sha256/").trim_end_matches(".json");
        let config = archive.json(&listed.config)?.unwrap_or_default();
        let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
        let platform = match (text("os"), text("architecture")) {
            ("", _) | (_, "") => String::new(),
            (os, machine) => Platform::new(os, machine, text("variant")).to_string(),
        };
        let names = listed.repo_tags.iter().map(|name| ImageName::parse(name).familiar().to_string()).collect();
        images.push(ArchivedImage { ids: [format!("sha256:{digits}")].into(), names, platform });
    }
    let index = archive.json("index.json")?.unwrap_or_default();
    for digest in digests(&index) {
        let below = archive.below(&digest)?;
        for image in images.iter_mut().filter(|image| !image.ids.is_disjoint(&below)) {
            image.ids.extend(below.iter().cloned());
        }
    }
    Ok(Some(images))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Listed {
    config: String,
    repo_tags: Vec<String>,
}

/// An archive whose entries' places are known.
struct Opened<'f> {
    file: &'f File,
    places: BTreeMap<String, (u64, u64)>,
}

impl Opened<'_> {
    fn json(&mut self, name: &str) -> io::Result<Option<Value>> {
        let Some(&(start, size)) = self.places.get(name).filter(|(_, size)| *size <= LARGEST) else {
            return Ok(None);
        };
        self.file.seek(SeekFrom::Start(start))?;
        Ok(serde_json::from_reader(self.file.take(size)).map(Some)?)
    }

    /// The digests of an index or a manifest, of the manifests in it, and of their configurations.
    fn below(&mut self, digest: &str) -> io::Result<BTreeSet<String>> {
        let mut found = BTreeSet::from([digest.to_owned()]);
        let mut open = vec![digest.to_owned()];
        while let Some(digest) = open.pop() {
            let Some(blob) = self.json(&format!("blobs/{}", digest.replacen(':', "/", 1)))? else { continue };
            let config = blob.pointer("/config/digest").and_then(Value::as_str).map(str::to_owned);
            found.extend(config);
            open.extend(digests(&blob).into_iter().filter(|digest| found.insert(digest.clone())));
        }
        Ok(found)
    }
}

/// The digests of the manifests that an index lists.
fn digests(index: &Value) -> Vec<String> {
    let listed = index.get("manifests").and_then(Value::as_array);
    let digest = |manifest: &Value| manifest.get("digest")?.as_str().map(str::to_owned);
    listed.into_iter().flatten().filter_map(digest).collect()
}

impl Engine {
    /// Writes images, by names or IDs, to `out` as one archive. The answer is not held in memory.
    ///
    /// # Errors
    /// The engine can't be reached, has no such image, or `out` takes no more.
    pub async fn save_images(
        &self,
        names: &[String],
        platform: Option<&Platform>,
        out: &mut impl Write,
    ) -> Result<(), Error> {
        let what = "GET /images/get";
        let platform = platform.map(Platform::json);
        let mut query: Vec<(&str, &str)> = names.iter().map(|name| ("names", name.as_str())).collect();
        query.extend(platform.as_deref().map(|platform| ("platform", platform)));
        let mut body = self.send(Method::GET, "/images/get", &query, &[], Full::<Bytes>::default()).await?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.link().broken(what, &error))?;
            if let Ok(data) = frame.into_data() {
                out.write_all(&data).map_err(|error| Error::Failed { message: error.to_string() })?;
            }
        }
        Ok(())
    }

    /// Loads the images of an archive, which is sent as it is read.
    ///
    /// # Errors
    /// The archive can't be read, or the engine can't be reached.
    pub async fn load_images(&self, mut archive: File) -> Result<Loaded, Error> {
        let headers = [("Content-Type", "application/x-tar".to_owned())];
        let (upload, why_broken) = Upload::start(move |mut out| io::copy(&mut archive, &mut out).map(drop));
        let mut loaded = Loaded::default();
        let loading = async {
            let mut lines = self.post_for_progress("/images/load", &[("quiet", "1")], &headers, upload).await?;
            while let Some(line) = lines.next().await? {
                loaded.said += &line.text();
            }
            Ok(())
        };
        match loading.await {
            Ok(()) => {}
            Err(Error::Failed { message }) => loaded.failed = Some(message),
            Err(error) => {
                return Err(why_broken.take().map_or(error, |reason| Error::Failed { message: reason.to_string() }));
            }
        }
        let name = |line: &str| {
            let name = line.strip_prefix("Loaded image:").or_else(|| line.strip_prefix("Loaded image ID:"))?;
            Some(name.trim().to_owned())
        };
        loaded.names = loaded.said.lines().filter_map(name).collect();
        Ok(loaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(&str, &str)]) -> File {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("image-archive-{}-{number}", std::process::id()));
        let mut tar = tar::Builder::new(File::create(&path).unwrap());
        for (name, text) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap();
        let file = File::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        file
    }

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn an_archive_of_an_old_engine() {
        let images = images_in(&archive(&[
            ("aa.json", r#"{"os": "linux", "architecture": "arm64", "variant": "v8"}"#),
            (
                "manifest.json",
                r#"[{"Config": "aa.json", "RepoTags": ["docker.io/library/app:1"]}, {"Config": "bb.json", "RepoTags": null}]"#,
            ),
        ]));
        let named = ArchivedImage { ids: set(&["sha256:aa"]), names: set(&["app:1"]), platform: "linux/arm64".into() };
        let nameless = ArchivedImage { ids: set(&["sha256:bb"]), ..ArchivedImage::default() };
        assert_eq!(images.unwrap(), Some(vec![named, nameless]));
    }

    #[test]
    fn an_archive_with_an_index_knows_every_id() {
        let images = images_in(&archive(&[
            ("blobs/sha256/aa", r#"{"os": "linux", "architecture": "amd64"}"#),
            ("blobs/sha256/11", r#"{"config": {"digest": "sha256:aa"}}"#),
            ("blobs/sha256/22", r#"{"manifests": [{"digest": "sha256:11"}, {"digest": "sha256:gone"}]}"#),
            ("index.json", r#"{"manifests": [{"digest": "sha256:22"}]}"#),
            ("manifest.json", r#"[{"Config": "blobs/sha256/aa", "RepoTags": ["h:5/app:1"]}]"#),
        ]));
        let ids = set(&["sha256:11", "sha256:22", "sha256:aa", "sha256:gone"]);
        let image = ArchivedImage { ids, names: set(&["h:5/app:1"]), platform: "linux/amd64".into() };
        assert_eq!(images.unwrap(), Some(vec![image]));
    }

    #[test]
    fn what_is_no_archive_and_what_does_not_tell() {
        assert_eq!(images_in(&archive(&[("oci-layout", "{}")])).unwrap(), None);
        let path = std::env::temp_dir().join(format!("image-archive-{}", std::process::id()));
        for (bytes, tells_nothing) in [(&b"\x1f\x8b compressed"[..], true), (b"this is no archive", false)] {
            std::fs::write(&path, bytes).unwrap();
            let images = images_in(&File::open(&path).unwrap());
            assert_eq!(images.is_ok_and(|images| images.is_none()), tells_nothing);
        }
        std::fs::remove_file(&path).unwrap();
    }
}
