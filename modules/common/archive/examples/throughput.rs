//! `cargo xtask bench volumes`: packing and unpacking against `tar | zstd` with as many threads, and the memory for it.
//!
//! Each measurement is a process of its own, so that its memory is its own; both ways take turns, and the best time of
//! several rounds counts.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use archive::{Packing, extract, pack};

const THREADS: u32 = 2;
const ROUNDS: usize = 3;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let path = |at: usize| Path::new(words.get(at).unwrap());
    match words.get(1).map(String::as_str) {
        Some("pack") => {
            let packing = Packing { level: 3, threads: THREADS, recipients: vec![], about: serde_json::Value::Null };
            pack(File::open(path(2)).unwrap().into(), &packing, File::create(path(3)).unwrap()).unwrap();
            tell_memory();
        }
        Some("extract") => {
            fs::create_dir(path(3)).unwrap();
            extract(File::open(path(2)).unwrap(), None, File::open(path(3)).unwrap().into()).unwrap();
            tell_memory();
        }
        _ => compare(),
    }
}

/// The most memory that this process ever had, in kB: proc(5).
fn tell_memory() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    println!("{}", line.split_whitespace().nth(1).unwrap());
}

fn compare() {
    let folder = std::env::temp_dir().join(format!("throughput-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    println!("{:<34}{:>9}{:>9}{:>8}{:>10}", "", "ours", "tar|zstd", "ratio", "RSS");
    for (name, fill) in
        [("one file of 1 GB, half of it random", large as fn(&Path)), ("50,000 files of 1 to 8 kB", many)]
    {
        let tree = folder.join("tree");
        fs::create_dir(&tree).unwrap();
        fill(&tree);
        let (ours, theirs) = (folder.join("ours"), folder.join("theirs"));
        let own = std::env::current_exe().unwrap();
        let (mut best, mut memory) = ([f64::MAX; 4], [0_u64; 2]);
        for _ in 0..ROUNDS {
            let tar = format!(
                "tar --create --xattrs --acls --sparse -C '{}' . | zstd -q -f -3 -T{THREADS} -o '{}'",
                tree.display(),
                theirs.display()
            );
            best[0] = best[0].min(time(Command::new(&own).arg("pack").args([&tree, &ours]), &mut memory[0]));
            best[1] = best[1].min(time(Command::new("sh").args(["-c", &tar]), &mut 0));
            let out = folder.join("out");
            best[2] = best[2].min(time(Command::new(&own).arg("extract").args([&ours, &out]), &mut memory[1]));
            fs::remove_dir_all(&out).unwrap();
            fs::create_dir(&out).unwrap();
            let untar = format!(
                "zstd -q -d -c '{}' | tar --extract --xattrs --acls -p -C '{}'",
                theirs.display(),
                out.display()
            );
            best[3] = best[3].min(time(Command::new("sh").args(["-c", &untar]), &mut 0));
            fs::remove_dir_all(&out).unwrap();
        }
        for (what, at) in [("pack", 0), ("unpack", 2)] {
            let ratio = best[at + 1] / best[at];
            println!(
                "{:<34}{:>7.2} s{:>7.2} s{ratio:>7.2}x{:>7} MB",
                format!("{what}: {name}"),
                best[at],
                best[at + 1],
                memory[at / 2] / 1000
            );
        }
        fs::remove_dir_all(&tree).unwrap();
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// Seconds that a command takes, with what it wrote on its way to the disk; and the memory that it tells.
fn time(command: &mut Command, memory: &mut u64) -> f64 {
    assert!(Command::new("sync").status().unwrap().success());
    let begun = Instant::now();
    let done = command.output().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    assert!(done.status.success(), "{done:?}");
    if let Ok(told) = String::from_utf8_lossy(&done.stdout).trim().parse::<u64>() {
        *memory = (*memory).max(told);
    }
    seconds
}

fn large(tree: &Path) {
    let mut random = File::open("/dev/urandom").unwrap();
    let mut file = File::create(tree.join("file")).unwrap();
    let text: Vec<u8> = (0..80_000_u32)
        .flat_map(|n| format!("{} row {n} {}\n", n % 77, n.wrapping_mul(n) % 1009).into_bytes())
        .collect();
    let mut noise = vec![0; 1 << 20];
    for _ in 0..512 {
        random.read_exact(&mut noise).unwrap();
        file.write_all(&noise).unwrap();
        file.write_all(&text[..1 << 20]).unwrap();
    }
}

fn many(tree: &Path) {
    for folder in 0..500 {
        let folder = tree.join(folder.to_string());
        fs::create_dir(&folder).unwrap();
        for file in 0..100_usize {
            let line = format!("{} is the content of file {file}\n", folder.display());
            fs::write(folder.join(file.to_string()), line.repeat(1 + file * 8000 / 100 / line.len())).unwrap();
        }
    }
}
