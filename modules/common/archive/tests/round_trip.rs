//! Trees with everything that a tree can have, packed and made again; and archives that somebody has spoilt.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use archive::{Error, Packed, Packing, compare, extract, pack, verify};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};
use serde_json::json;

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("archive-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        Folder(folder)
    }

    fn with(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir(&path).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn root(path: &Path) -> OwnedFd {
    File::open(path).unwrap().into()
}

fn packing() -> Packing {
    Packing { level: 3, threads: 2, recipients: vec![], about: json!({"volume": "db"}) }
}

fn packed(tree: &Path) -> (Packed, Vec<u8>) {
    pack(root(tree), &packing(), Vec::new()).unwrap()
}

/// Every kind of node, odd names, odd metadata.
fn fill(tree: &Path) {
    let uid = |path: &Path, uid: u32, gid: u32| {
        let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
        rustix::fs::chownat(CWD, path, uid, gid, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    };
    let xattr = |path: &Path, name: &str, value: &[u8]| {
        rustix::fs::lsetxattr(path, name, value, XattrFlags::empty()).unwrap();
    };
    fs::write(tree.join("empty"), b"").unwrap();
    fs::write(tree.join("file"), b"content\n").unwrap();
    fs::hard_link(tree.join("file"), tree.join("second name")).unwrap();
    fs::create_dir_all(tree.join("a/b/c")).unwrap();
    fs::hard_link(tree.join("file"), tree.join("a/b/third name")).unwrap();
    fs::write(tree.join("a/b/c/odd \n\\ \r name"), vec![7; 300_000]).unwrap();
    fs::write(tree.join("a").join(std::ffi::OsStr::from_bytes(b"no utf-8 \xff\xfe")), b"x").unwrap();
    fs::write(tree.join("a").join("l".repeat(255)), b"long").unwrap();
    let mut deep = tree.join("a");
    for _ in 0..12 {
        deep = deep.join("d".repeat(100));
        fs::create_dir(&deep).unwrap();
    }
    fs::write(deep.join("leaf"), b"deep").unwrap();
    symlink("file", tree.join("link")).unwrap();
    symlink("/etc/passwd", tree.join("absolute link")).unwrap();
    symlink("../".repeat(300), tree.join("long link")).unwrap();
    for (name, kind, device) in [
        ("null", FileType::CharacterDevice, rustix::fs::makedev(1, 3)),
        ("disk", FileType::BlockDevice, rustix::fs::makedev(259, 1_048_575)),
        ("pipe", FileType::Fifo, 0),
        ("socket", FileType::Socket, 0),
    ] {
        rustix::fs::mknodat(CWD, tree.join(name), kind, Mode::from_raw_mode(0o600), device).unwrap();
    }
    fs::set_permissions(tree.join("pipe"), fs::Permissions::from_mode(0o666)).unwrap();
    let mut sparse = File::create(tree.join("sparse")).unwrap();
    sparse.write_all(b"begin").unwrap();
    sparse.seek(SeekFrom::Start(50 << 20)).unwrap();
    sparse.write_all(&[1; 5000]).unwrap();
    sparse.set_len(100 << 20).unwrap();
    File::create(tree.join("hole")).unwrap().set_len(10 << 20).unwrap();

    let setuid = tree.join("setuid");
    fs::write(&setuid, b"#!").unwrap();
    uid(&setuid, 65_534, 4_000_000_000);
    fs::set_permissions(&setuid, fs::Permissions::from_mode(0o6755)).unwrap();
    // CAP_NET_RAW, permitted and effective: what `setcap cap_net_raw+ep` writes.
    xattr(&setuid, "security.capability", &[1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    xattr(&tree.join("file"), "user.plain", b"");
    xattr(&tree.join("file"), "user.odd=%25=%", &(0..=255).collect::<Vec<u8>>());
    xattr(&tree.join("link"), "trusted.of.link", b"1");
    xattr(&tree.join("pipe"), "trusted.of.pipe", b"2");
    xattr(tree, "user.root", b"3");
    assert!(Command::new("setfacl").args(["-m", "u:7:rwx,m::r-x"]).arg(tree.join("file")).status().unwrap().success());
    assert!(Command::new("setfacl").args(["-d", "-m", "u:8:rwx"]).arg(tree.join("a/b")).status().unwrap().success());
    uid(&tree.join("link"), 12, 13);
    fs::set_permissions(tree.join("a/b"), fs::Permissions::from_mode(0o3710)).unwrap();
    fs::set_permissions(tree, fs::Permissions::from_mode(0o1750)).unwrap();
    let time = |path: &Path, seconds: i64, nanoseconds: i64| {
        let at = Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
        let times = Timestamps { last_access: at, last_modification: at };
        rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    };
    time(&tree.join("file"), 1_700_000_000, 123_456_789);
    time(&tree.join("empty"), -5, 1);
    time(&tree.join("link"), 7, 0);
    time(&tree.join("a/b"), 1, 999_999_999);
    time(tree, 1_600_000_000, 5);
}

/// All that can be seen of a tree, by another way than the crate's own.
fn seen(tree: &Path) -> BTreeMap<Vec<u8>, String> {
    let mut seen = BTreeMap::new();
    let mut inodes = BTreeMap::new();
    let mut todo = vec![tree.to_owned()];
    while let Some(path) = todo.pop() {
        let facts = fs::symlink_metadata(&path).unwrap();
        if facts.file_type().is_socket() {
            continue;
        }
        let name = path.strip_prefix(tree).unwrap().as_os_str().as_bytes().to_vec();
        let mut content = String::new();
        if facts.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if facts.is_symlink() {
            content = fs::read_link(&path).unwrap().display().to_string();
        } else if facts.is_file() {
            let mut bytes = Vec::new();
            File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
            let sum = bytes.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
            content = format!("{} {sum:x}", bytes.len());
        }
        if facts.nlink() > 1 && !facts.is_dir() {
            inodes.entry(facts.ino()).or_insert_with(Vec::new).push(name.clone());
        }
        let mut names = vec![0; 65_536];
        let length = rustix::fs::llistxattr(&path, &mut names[..]).unwrap();
        let mut xattrs = BTreeMap::new();
        for key in names[..length].split(|byte| *byte == 0).filter(|key| !key.is_empty()) {
            let mut value = vec![0; 65_536];
            let length = rustix::fs::lgetxattr(&path, key, &mut value[..]).unwrap();
            xattrs.insert(String::from_utf8_lossy(key).into_owned(), value[..length].to_vec());
        }
        let rdev =
            if facts.file_type().is_block_device() || facts.file_type().is_char_device() { facts.rdev() } else { 0 };
        seen.insert(
            name,
            format!(
                "{:o} {}:{} {}.{} {} {} {content} {xattrs:?}",
                facts.mode(),
                facts.uid(),
                facts.gid(),
                facts.mtime(),
                facts.mtime_nsec(),
                rdev,
                if facts.is_dir() { 0 } else { facts.nlink() },
            ),
        );
    }
    for mut names in inodes.into_values() {
        names.sort();
        let all = names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>().join(" = ");
        seen.insert(names[0].clone(), format!("{} linked: {all}", seen[&names[0]]));
    }
    seen
}

#[test]
fn everything_that_a_tree_has_comes_back() {
    let folder = Folder::new();
    let (tree, again) = (folder.with("tree"), folder.with("again"));
    fill(&tree);
    // What a new directory inherits has no place in what is restored.
    assert!(Command::new("setfacl").args(["-d", "-m", "u:9:rwx"]).arg(&again).status().unwrap().success());
    let (told, bytes) = packed(&tree);
    assert_eq!((told.sockets, told.unsteady_count, told.stored), (1, 0, bytes.len() as u64));
    assert!(told.bytes > 110 << 20 && bytes.len() < 100_000, "{told:?}");
    assert_eq!(archive::about(bytes.as_slice(), None).unwrap(), json!({"volume": "db"}));

    let verified = verify(bytes.as_slice(), Some(told.sha256.as_str())).unwrap();
    assert_eq!((verified.entries, verified.files, verified.bytes), (told.entries, told.files, told.bytes));
    assert_eq!(extract(bytes.as_slice(), Some(told.sha256.as_str()), root(&again)).unwrap(), verified);
    let (before, after) = (seen(&tree), seen(&again));
    assert_eq!(before, after);
    assert_eq!(before.len() as u64, told.entries);
    let blocks = |tree: &Path| fs::metadata(tree.join("sparse")).unwrap().blocks();
    assert!(blocks(&again) <= blocks(&tree).max(64), "the holes have been filled: {}", blocks(&again));

    let (compared, differences) = compare(bytes.as_slice(), None, root(&again)).unwrap();
    assert_eq!((compared, differences.count), (verified, 0), "{differences:?}");
}

#[test]
fn what_differs_is_told_by_its_path() {
    let folder = Folder::new();
    let tree = folder.with("tree");
    fill(&tree);
    let (_, bytes) = packed(&tree);
    fs::write(tree.join("file"), b"Content\n").unwrap();
    fs::remove_file(tree.join("empty")).unwrap();
    fs::write(tree.join("a/b/more"), b"").unwrap();
    fs::set_permissions(tree.join("setuid"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(tree.join("link")).unwrap();
    symlink("elsewhere", tree.join("link")).unwrap();
    fs::remove_file(tree.join("pipe")).unwrap();
    fs::create_dir(tree.join("pipe")).unwrap();
    let mut sparse = File::options().write(true).open(tree.join("sparse")).unwrap();
    sparse.seek(SeekFrom::Start(80 << 20)).unwrap();
    sparse.write_all(b"!").unwrap();
    let (_, differences) = compare(bytes.as_slice(), None, root(&tree)).unwrap();
    let told: BTreeMap<&str, &str> =
        differences.first.iter().map(|one| (one.path.as_str(), one.what.as_str())).collect();
    for (path, what) in [
        (".", "metadata"),
        ("empty", "missing"),
        ("a/b/more", "extra"),
        ("a/b", "metadata"),
        ("setuid", "metadata"),
        ("link", "target"),
        ("pipe", "kind"),
        ("sparse", "content"),
    ] {
        assert_eq!(told.get(path), Some(&what), "{path}: {told:?}");
    }
    // It is one file of three names, and told by the first that the archive has.
    assert!(
        ["file", "second name", "a/b/third name"].iter().any(|name| told.get(name) == Some(&"content")),
        "{told:?}"
    );
}

#[test]
fn gnu_tar_and_sha256sum_read_it_too() {
    let folder = Folder::new();
    let (tree, again) = (folder.with("tree"), folder.with("again"));
    fill(&tree);
    let (_, bytes) = packed(&tree);
    fs::write(folder.0.join("archive.tar.zst"), bytes).unwrap();
    let script = "zstd -q -d --stdout ../archive.tar.zst | tar --extract --preserve-permissions --same-owner --numeric-owner \
                  --xattrs --xattrs-include='*' && sha256sum --quiet --check manifest/*.sha256";
    let done = Command::new("sh").args(["-c", script]).current_dir(&again).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let no_acls =
        |tree: &Path| seen(tree).into_iter().filter(|(name, _)| name != b"a/b" && name != b"file").collect::<Vec<_>>();
    let (before, after) = (no_acls(&tree), no_acls(&again.join("data")));
    for (before, after) in before.iter().zip(&after) {
        // GNU tar has no names for ACLs among the extended attributes, and writes a hole at a file's end.
        if !before.1.contains("acl") {
            assert_eq!(before, after);
        }
    }
    assert_eq!(before.len(), after.len());
}

/// Any bit that differs, any end that is missing: refused, wherever it is.
#[test]
fn a_damaged_archive_is_refused() {
    let folder = Folder::new();
    let tree = folder.with("tree");
    fill(&tree);
    let (told, bytes) = packed(&tree);
    let refused = |bytes: &[u8], sha256: Option<&str>, why: &str| {
        let error = verify(bytes, sha256).unwrap_err();
        assert!(matches!(error, Error::Damaged(_) | Error::Refused(_)), "{why}: {error}");
    };
    for at in (0..bytes.len()).step_by(bytes.len() / 100) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        refused(&flipped, Some(told.sha256.as_str()), "a flipped bit");
        refused(&bytes[..at], None, "a cut end");
    }
    for end in 1..40 {
        refused(&bytes[..bytes.len() - end], None, "a cut end");
    }
    refused(&[&bytes[..], b"more"].concat(), None, "something behind it");
    refused(&[&bytes[..], &bytes[..]].concat(), None, "another behind it");
    refused(b"", None, "nothing");
    refused(&vec![0; 100_000], None, "zeros");

    // Inside, where zstd's own checksum has been made to fit.
    let plain = zstd::decode_all(bytes.as_slice()).unwrap();
    let mut accepted = Vec::new();
    for at in (0..plain.len()).step_by(plain.len() / 500) {
        let mut flipped = plain.clone();
        flipped[at] ^= 1 << (at % 8);
        if verify(zstd::encode_all(flipped.as_slice(), 1).unwrap().as_slice(), None).is_ok() {
            accepted.push(at);
        }
    }
    assert_eq!(accepted, Vec::<usize>::new());
}

/// Encrypted for one key: that opens it, and age itself does; no other, and no bit may differ.
#[test]
fn an_encrypted_archive_opens_for_its_key_only() {
    let folder = Folder::new();
    let tree = folder.with("tree");
    fs::write(tree.join("file"), "secret text ".repeat(100_000)).unwrap();
    let keys = || {
        use age::secrecy::ExposeSecret;
        let key = age::x25519::Identity::generate();
        (key.to_public().to_string(), format!("# a comment\n{}\n", key.to_string().expose_secret()))
    };
    let ((recipient, key), (_, other)) = (keys(), keys());
    let packing = Packing { recipients: vec![recipient.parse().unwrap()], ..packing() };
    let (told, bytes) = pack(root(&tree), &packing, Vec::new()).unwrap();
    let opening = |key: &str| archive::Opening {
        sha256: Some(told.sha256.clone()),
        identities: archive::identities(key).unwrap(),
    };
    assert_eq!(verify(bytes.as_slice(), opening(&key)).unwrap().files, 1);
    assert_eq!(archive::about(bytes.as_slice(), opening(&key)).unwrap(), json!({"volume": "db"}));
    let error = verify(bytes.as_slice(), opening(&other)).unwrap_err().to_string();
    assert!(error.contains("none of the keys opens it"), "{error}");
    assert!(verify(bytes.as_slice(), None).is_err());
    assert!(archive::identities("no key").is_err() && "no recipient".parse::<archive::Recipient>().is_err());
    for at in (0..bytes.len()).step_by(bytes.len() / 60) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(verify(flipped.as_slice(), archive::Opening { sha256: None, ..opening(&key) }).is_err(), "{at}");
        assert!(verify(&bytes[..at], archive::Opening { sha256: None, ..opening(&key) }).is_err(), "{at}");
    }
}
