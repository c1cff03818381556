//! The back ends, and snapshots of them, on real file systems.

use std::path::PathBuf;

use serde_json::json;
use tests::{Host, Inside, Plugin};

use crate::{ask, create, is_mounted, mount, remove, sh, tool, unmount};

/// A file system in a file, mounted in the fixture.
fn file_system(host: &Host, kind: &str, megabytes: u32) -> PathBuf {
    let (place, folder) = (host.place().display().to_string(), host.place().join(kind));
    sh(
        host,
        &format!(
            "truncate -s {megabytes}M {place}/{kind}.img; mkfs.{kind} -q {place}/{kind}.img >&2; mkdir {place}/{kind}; \
             mount -o loop {place}/{kind}.img {place}/{kind}"
        ),
    );
    folder
}

/// Every kind of thing that a volume can hold; what is told of it holds again for a true copy.
const FILL: &str = "cd $0; mkdir -p a/b/c; echo hello > a/b/file; ln a/b/file a/hard; ln -s ../../etc a/link; mkfifo pipe; \
                    mknod zero c 1 5; truncate -s 1G sparse; printf x | dd of=sparse bs=1 seek=500000000 conv=notrunc 2>/dev/null; \
                    chown 7:8 a/b/file; chown -h 9:9 a/link; chmod 6711 a/b; setfattr -n user.colour -v red a/b/file; \
                    setfacl -m u:55:rw a/b/file; touch -d 2001-02-03T04:05:06.789 a/b; printf 'odd\\nname' > \"a/odd
name\"; chmod 0 zero";
const TELL: &str = "cd $0; find . -printf '%P %y %m %U %G %s %T@ %l\\n' | sort; getfattr -dm - -R . 2>/dev/null | sort; \
                    getfacl -Rn . 2>/dev/null | sort; stat -c '%h %t %T' a/hard zero; \
                    find . -type f -exec sha256sum {} + | sort; test $(du -k sparse | cut -f1) -lt 1000";

fn in_folder(host: &Host, script: &str, folder: &str) -> String {
    let output = host.command_inside("sh").args(["-euc", script, folder]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Takes a snapshot, ruins the volume, puts the snapshot back, and makes a second volume of it.
fn there_and_back(host: &Host, plugin: &Plugin, root: &str, method: &str, options: &serde_json::Value) {
    assert_eq!(create(plugin, "db", options.clone()), "");
    let data = format!("{root}/volumes/db/data");
    assert_eq!(mount(plugin, "db", "aa")["Mountpoint"], data.as_str());
    in_folder(host, FILL, &data);
    let before = in_folder(host, TELL, &data);
    let run = |words: &[&str]| tool(host, &[words, &["--root", root]].concat());
    let done = |words: &[&str]| {
        let (good, text) = run(words);
        assert!(good, "{words:?}: {text}");
        text
    };

    assert_eq!(done(&["snapshot", "take", "db", "first"]), "db/first\n");
    let list = done(&["snapshot", "list"]);
    assert!(list.starts_with(&format!("db/first  {method}  2")), "{list}");
    let again = run(&["snapshot", "take", "db", "first"]);
    assert!(!again.0 && again.1.contains("has a snapshot first already"), "{}", again.1);
    let image = options["backend"] == "image";
    if !image {
        assert_eq!(done(&["snapshot", "diff", "db", "first"]), "");
    }
    sh(host, &format!("cd {data}; rm -r a zero; echo new > new; echo other > sparse; sync"));
    let differ = done(&["snapshot", "diff", "db", "first"]);
    assert_eq!(differ, if image { "~ image\n" } else { "~ .\n- a\n+ new\n~ sparse\n- zero\n" });
    let used = run(&["snapshot", "restore", "db", "first"]);
    assert!(!used.0 && used.1.contains("volume db is in use"), "{}", used.1);
    assert_eq!(unmount(plugin, "db", "aa"), "");
    done(&["snapshot", "restore", "db", "first"]);
    assert_eq!(done(&["snapshot", "diff", "db", "first"]), "");
    mount(plugin, "db", "bb");
    assert_eq!(in_folder(host, TELL, &data), before);

    // A new volume with the content of the snapshot, while the old one is in use.
    let mut second = options.clone();
    second["from_snapshot"] = json!("db/first");
    assert_eq!(create(plugin, "copy", second), "");
    mount(plugin, "copy", "cc");
    assert_eq!(in_folder(host, TELL, &format!("{root}/volumes/copy/data")), before);
    let status = ask(plugin, "Get", json!({"Name": "copy"}))["Volume"]["Status"].clone();
    assert_eq!(status["from_snapshot"], "db/first", "{status}");
    assert!(create(plugin, "odd", json!({"from_snapshot": "db/none"})).contains("has no snapshot none"));
    let status = done(&["status"]);
    assert!(status.lines().any(|line| line.starts_with("copy ")) && status.contains("SNAPSHOTS"), "{status}");
    assert_eq!(done(&["fsck"]), "nothing is wrong\n");

    for (name, id) in [("db", "bb"), ("copy", "cc")] {
        assert_eq!((unmount(plugin, name, id), remove(plugin, name)), (String::new(), String::new()));
    }
    // Snapshots outlive their volume.
    assert!(done(&["snapshot", "list", "db"]).starts_with("db/first"));
    done(&["snapshot", "remove", "db", "first"]);
    assert_eq!(done(&["snapshot", "list"]), "");
    assert_eq!(sh(host, &format!("ls -A {root}/volumes {root}/snapshots | grep -v :$ || true")).trim(), "");
}

#[test]
fn folders_on_a_plain_file_system() {
    let host = Host::start().unwrap();
    let root = host.place().join("volumes");
    let plugin = Plugin::start(&host, &[]).unwrap();
    let root = root.to_str().unwrap();
    let reflink = create(&plugin, "db", json!({"backend": "reflink"}));
    // The place of the tests may be on a file system that has reflinks.
    let method = if reflink.is_empty() { "reflink" } else { "copy" };
    assert!(reflink.is_empty() || reflink.contains("can't share blocks"), "{reflink}");
    assert_eq!(remove(&plugin, "db"), "");
    let btrfs = create(&plugin, "db", json!({"backend": "btrfs"}));
    assert!(btrfs.is_empty() || btrfs.contains("is not on btrfs"), "{btrfs}");
    assert_eq!(remove(&plugin, "db"), "");
    there_and_back(&host, &plugin, root, method, &json!({}));

    let none =
        create(&plugin, "share", json!({"backend": "nfs", "device": "127.0.0.1:/none", "o": "soft,timeo=1,retry=0"}));
    assert_eq!(none, "");
    let refused = mount(&plugin, "share", "aa")["Err"].as_str().unwrap().to_owned();
    assert!(refused.starts_with("mounting 127.0.0.1:/none: mount: "), "{refused}");
    assert_eq!(remove(&plugin, "share"), "");
}

#[test]
fn subvolumes_and_reflinks_on_btrfs() {
    let host = Host::start().unwrap();
    let folder = file_system(&host, "btrfs", 400);
    let root = folder.join("volumes").display().to_string();
    let plugin = Plugin::start(&host, &[&format!("--root={root}")]).unwrap();
    there_and_back(&host, &plugin, &root, "btrfs", &json!({"backend": "btrfs"}));
    there_and_back(&host, &plugin, &root, "reflink", &json!({"backend": "reflink"}));

    // The quota holds, also after a restore.
    assert_eq!(create(&plugin, "db", json!({"backend": "btrfs", "size": "32M"})), "");
    let write =
        format!("dd if=/dev/zero of={root}/volumes/db/data/file bs=1M count=64 oflag=direct 2>&1 || true; sync");
    assert!(sh(&host, &write).contains("quota exceeded"));
    sh(&host, &format!("rm {root}/volumes/db/data/file; sync"));
    assert!(tool(&host, &["snapshot", "take", "db", "empty", "--root", &root]).0);
    assert!(tool(&host, &["snapshot", "restore", "db", "empty", "--root", &root]).0);
    assert!(sh(&host, &write).contains("quota exceeded"));
    assert_eq!(remove(&plugin, "db"), "");
    drop(plugin);
    sh(&host, &format!("umount {}", folder.display()));
}

#[test]
fn images_on_xfs() {
    let host = Host::start().unwrap();
    let folder = file_system(&host, "xfs", 1000);
    let root = folder.join("volumes").display().to_string();
    let plugin = Plugin::start(&host, &[&format!("--root={root}"), "--backend=image"]).unwrap();
    for filesystem in ["ext4", "xfs"] {
        let options =
            json!({"backend": "image", "size": "320M", "filesystem": filesystem, "owner": "9:9", "mode": "0710"});
        assert_eq!(create(&plugin, "empty", options.clone()), "");
        assert!(!is_mounted(&host, &format!("{root}/volumes/empty/data")));
        mount(&plugin, "empty", "aa");
        let told = sh(&host, &format!("cd {root}/volumes/empty/data; ls -A; stat -c '%u %g %a' ."));
        assert_eq!(told, "9 9 710\n");
        let full = sh(&host, &format!("dd if=/dev/zero of={root}/volumes/empty/data/file bs=1M 2>&1 || true"));
        assert!(full.contains("No space left"), "{full}");
        assert_eq!((unmount(&plugin, "empty", "aa"), remove(&plugin, "empty")), (String::new(), String::new()));
        // A snapshot of one in use is the image as after a power cut, whose journal the copy plays back.
        there_and_back(
            &host,
            &plugin,
            &root,
            "reflink",
            &json!({"backend": "image", "size": "320M", "filesystem": filesystem}),
        );
    }
    assert!(create(&plugin, "large", json!({})).contains("needs the option `size`"));
    let small = create(&plugin, "small", json!({"size": "1M", "filesystem": "xfs"}));
    assert!(small.contains("formatting"), "{small}");
    assert_eq!(sh(&host, &format!("ls -A {root}/volumes")), "");
    // One image, one device, however often it is looked for; with its last user it goes.
    assert_eq!(create(&plugin, "one", json!({"size": "64M"})), "");
    let attached = || sh(&host, &format!("losetup -j {root}/volumes/one/image | wc -l"));
    assert_eq!(attached(), "0\n");
    for id in ["aa", "bb"] {
        mount(&plugin, "one", id);
        assert_eq!(attached(), "1\n");
    }
    plugin.kill().unwrap();
    sh(&host, &format!("mount --bind {root}/volumes/one/data /mnt; umount {root}/volumes/one/data"));
    let (good, text) = tool(&host, &["fsck", "--root", &root]);
    assert!(
        !good && text.contains("volume one: containers have it, but it is not mounted (--repair mends it)"),
        "{text}"
    );
    let (good, text) = tool(&host, &["fsck", "--repair", "--root", &root]);
    assert!(good && text.contains("(mended)\nnothing is wrong any more"), "{text}");
    assert_eq!(attached(), "1\n");
    sh(&host, "umount /mnt");
    let plugin = Plugin::start(&host, &[&format!("--root={root}"), "--backend=image"]).unwrap();
    assert_eq!((unmount(&plugin, "one", "aa"), unmount(&plugin, "one", "bb")), (String::new(), String::new()));
    assert_eq!(attached(), "0\n");
    assert_eq!(remove(&plugin, "one"), "");
    drop(plugin);
    sh(&host, &format!("umount {}", folder.display()));
}
