//! Archives that somebody made to do harm: each is refused, and nothing is made outside of the directory.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::json;

use crate::header::{Header, pad};
use crate::manifest::{HEAD, Head, SUMS, Tally};
use crate::node::{Meta, Time};
use crate::{Error, extract, verify};

/// An entry of an archive with right sums, and content that need not be as long as it claims to be.
struct Entry {
    header: Header,
    content: Vec<u8>,
}

fn entry(name: &str, kind: u8) -> Entry {
    let meta = Meta { mode: 0o644, modified: Time { seconds: 1, nanoseconds: 1 }, ..Meta::default() };
    Entry { header: Header { name: name.as_bytes().to_vec(), kind, meta, ..Header::default() }, content: vec![] }
}

impl Entry {
    fn link(mut self, link: &str) -> Entry {
        self.header.link = link.as_bytes().to_vec();
        self
    }

    fn content(mut self, content: &[u8]) -> Entry {
        self.header.stored = content.len() as u64;
        self.content = content.to_vec();
        self
    }
}

fn archive(entries: Vec<Entry>) -> Vec<u8> {
    let mut tar = Vec::new();
    let mut put = |header: &Header, content: &[u8]| {
        tar.extend(header.encode());
        tar.extend_from_slice(content);
        pad(&mut tar);
    };
    let text = |name: &[u8], content: &[u8]| Entry {
        header: Header {
            name: name.to_vec(),
            kind: b'0',
            meta: Meta { mode: 0o644, ..Meta::default() },
            stored: content.len() as u64,
            ..Header::default()
        },
        content: content.to_vec(),
    };
    let head = text(HEAD, &serde_json::to_vec(&Head::new(&json!({}))).unwrap());
    put(&head.header, &head.content);
    let mut tally = Tally::default();
    for Entry { header, content } in entries {
        tally.entries += 1;
        tally.headers.update(&header.encode());
        if header.kind == b'0' {
            let mut digest = crate::digest::Digest::default();
            digest.update(&content);
            let path = header.name.strip_prefix(b"data/").unwrap_or(&header.name);
            tally.file(path, false, header.stored, digest);
        }
        put(&header, &content);
    }
    let (name, list) = tally.next_list();
    let list = text(&name, &list);
    put(&list.header, &list.content);
    let sums = text(SUMS, &serde_json::to_vec(&tally.sums()).unwrap());
    put(&sums.header, &sums.content);
    tar.extend([0; 1024]);
    zstd::encode_all(tar.as_slice(), 1).unwrap()
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_leads_out_of_the_directory_is_refused() {
    let folder = Folder(std::env::temp_dir().join(format!("hostile-{}", std::process::id())));
    fs::create_dir(&folder.0).unwrap();
    let root = || entry("data/", b'5');
    let file = |name: &str| entry(name, b'0').content(b"owned");
    let outside = folder.0.join("outside");
    let abroad = outside.to_str().unwrap();
    let cases: Vec<(&str, Vec<Entry>)> = vec![
        ("up", vec![root(), file("data/../outside")]),
        ("up and up", vec![root(), file("data/../../outside")]),
        ("beside", vec![root(), file("outside")]),
        ("absolute", vec![root(), file(abroad)]),
        ("absolute below", vec![root(), file(&format!("data/{abroad}"))]),
        ("dot", vec![root(), file("data/./x")]),
        ("double slash", vec![root(), file("data//x")]),
        ("slash at the end", vec![root(), file("data/x/")]),
        ("nothing", vec![root(), file("data/")]),
        ("no root", vec![file("data/x")]),
        ("root is a link", vec![entry("data", b'2').link(abroad), file("data/x")]),
        ("root twice", vec![root(), root(), file("data/x")]),
        ("a file through a link", vec![root(), entry("data/l", b'2').link(".."), file("data/l/outside")]),
        ("a directory over a link", vec![root(), entry("data/l", b'2').link(".."), entry("data/l/", b'5')]),
        ("a file over a link", vec![root(), entry("data/l", b'2').link(abroad), file("data/l")]),
        ("a file over a file", vec![root(), file("data/l"), file("data/l")]),
        ("a hard link outside", vec![root(), entry("data/l", b'1').link("data/../outside")]),
        ("an absolute hard link", vec![root(), entry("data/l", b'1').link("/etc/passwd")]),
        (
            "a hard link through a link",
            vec![root(), entry("data/l", b'2').link("/etc"), entry("data/h", b'1').link("data/l/passwd")],
        ),
        ("a hard link to the root", vec![root(), entry("data/h", b'1').link("data")]),
        ("out of order", vec![root(), entry("data/a/", b'5'), file("data/b"), file("data/a/c"), file("data/c/d")]),
        ("a long name", vec![root(), file(&format!("data/{}", "n".repeat(256)))]),
        (
            "content of a link",
            vec![root(), Entry { content: b"x".to_vec(), ..entry("data/l", b'2').link("x").content(b"x") }],
        ),
        ("an unknown kind", vec![root(), entry("data/l", b'7')]),
        (
            "a NUL in an attribute's name",
            vec![root(), {
                let mut odd = file("data/x");
                odd.header.meta.xattrs.insert(b"user.a\0b".to_vec(), vec![]);
                odd
            }],
        ),
    ];
    for (number, (name, entries)) in cases.into_iter().enumerate() {
        let bytes = archive(entries);
        let inside = folder.0.join(number.to_string());
        fs::create_dir(&inside).unwrap();
        let error = extract(bytes.as_slice(), None, File::open(&inside).unwrap().into()).expect_err(name);
        println!("{name}: {error}");
        assert!(!outside.exists() && !inside.join("passwd").exists(), "{name}");
        let names = fs::read_dir(&folder.0).unwrap().count();
        assert_eq!(names, number + 1, "{name}: something was made beside the directory");
    }
    // The harness makes archives that are taken, if nothing in them is wrong.
    let inside = folder.0.join("inside");
    fs::create_dir(&inside).unwrap();
    symlink("x", inside.with_extension("link")).unwrap();
    let good = archive(vec![root(), entry("data/a/", b'5'), file("data/a/b"), entry("data/l", b'2').link("/etc")]);
    extract(good.as_slice(), None, File::open(&inside).unwrap().into()).unwrap();
    assert_eq!(fs::read(inside.join("a/b")).unwrap(), b"owned");
}

#[test]
fn claims_cost_nothing() {
    let claims = |size: u64| {
        let mut claim = entry("data/x", b'0');
        claim.header.stored = size;
        claim.content = vec![0; 1024];
        claim
    };
    let root = || entry("data/", b'5');
    for size in [1_u64 << 37, u64::MAX, u64::MAX - 511, 1 << 33] {
        let error = verify(archive(vec![root(), claims(size)]).as_slice(), None).unwrap_err();
        assert!(matches!(error, Error::Damaged(_)), "{size}: {error}");
    }
    let mut sparse = entry("data/x", b'0').content(b"999999999\n0\n1\n");
    sparse.header.real_size = Some(u64::MAX);
    let error = verify(archive(vec![root(), sparse]).as_slice(), None).unwrap_err();
    assert!(error.to_string().contains("999999999 parts"), "{error}");
    let mut records = entry("data/x", b'0');
    records.header.meta.xattrs.extend((0..300).map(|n| (format!("user.{n}").into_bytes(), vec![0; 60_000])));
    let error = verify(archive(vec![root(), records]).as_slice(), None).unwrap_err();
    assert!(error.to_string().contains("bytes of metadata"), "{error}");
    // A window of 128 MB, as `zstd --ultra -22 --long` makes it.
    let mut wide = zstd::Encoder::new(Vec::new(), 1).unwrap();
    wide.window_log(27).unwrap();
    std::io::Write::write_all(&mut wide, &vec![7; 40 << 20]).unwrap();
    let error = verify(wide.finish().unwrap().as_slice(), None).unwrap_err();
    assert!(error.to_string().contains("memory"), "{error}");
}
