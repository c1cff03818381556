//! The nine calls, by hand.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tests::{Host, Inside, Plugin, answer, exchange};

use crate::{ask, create, is_mounted, mount, mounts, remove, unmount};

#[test]
fn each_call_can_be_repeated() {
    let host = Host::start().unwrap();
    let plugin = Plugin::start(&host, &[]).unwrap();
    assert_eq!(plugin.try_call("Plugin.Activate", &Value::Null).unwrap(), json!({"Implements": ["VolumeDriver"]}));
    assert_eq!(ask(&plugin, "Capabilities", json!({}))["Capabilities"], json!({"Scope": "local"}));

    // Options may be null or missing; a second Create is the first one's answer got lost.
    assert_eq!(create(&plugin, "db", Value::Null), "");
    assert_eq!(create(&plugin, "db", json!({})), "");
    assert_eq!(ask(&plugin, "Create", json!({"Name": "db"}))["Err"], "");
    let other = create(&plugin, "db", json!({"mode": "0700"}));
    assert!(other.contains("exists with other options"), "{other}");
    let unknown = create(&plugin, "web", json!({"colour": "red"}));
    assert!(unknown.contains("`colour` is not known"), "{unknown}");

    let volume = ask(&plugin, "Get", json!({"Name": "db"}));
    let data = host.place().join("volumes/volumes/db/data");
    assert_eq!(volume["Volume"]["Mountpoint"], data.to_str().unwrap(), "{volume}");
    assert!(volume["Volume"]["CreatedAt"].as_str().unwrap().ends_with('Z'), "{volume}");
    assert_eq!(ask(&plugin, "Path", json!({"Name": "db"}))["Mountpoint"], data.to_str().unwrap());
    let nothing = ask(&plugin, "Get", json!({"Name": "nothing"}));
    assert_eq!(nothing["Err"], "no such volume: nothing");
    assert!(nothing.get("Volume").is_none(), "{nothing}");

    // A user that is not known has left already; the last one is the last one, however often each came.
    for id in ["aa", "bb", "aa"] {
        assert_eq!(mount(&plugin, "db", id)["Mountpoint"], data.to_str().unwrap());
    }
    assert_eq!(mounts(&plugin, "db"), 2);
    assert_eq!(unmount(&plugin, "db", "cc"), "");
    assert_eq!((unmount(&plugin, "db", "aa"), unmount(&plugin, "db", "aa")), (String::new(), String::new()));
    let used = remove(&plugin, "db");
    assert_eq!(used, "volume db is in use: it is mounted 1 times");
    assert_eq!(unmount(&plugin, "db", "bb"), "");
    assert_eq!((remove(&plugin, "db"), remove(&plugin, "db")), (String::new(), String::new()));
    assert!(!data.exists());
    assert!(mount(&plugin, "db", "aa")["Err"].as_str().unwrap().contains("no such volume"));
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let host = Host::start().unwrap();
    let plugin = Plugin::start(&host, &[]).unwrap();
    let outside = host.place().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("volume.json"), "{}").unwrap();
    let long = "x".repeat(201);
    for name in ["", "b", "..", "../..", "../../outside", "/etc", "a/b", ".new-x", "-x", "a\0b", "a b", "ä-ö", &long]
    {
        let refused = create(&plugin, name, Value::Null);
        assert!(refused.contains("can't be a volume's name"), "{name:?}: {refused}");
        for call in ["Get", "Path", "Mount", "Unmount"] {
            let told = ask(&plugin, call, json!({"Name": name, "ID": "aa"}));
            assert!(told["Err"].as_str().unwrap().contains("no such volume"), "{call} {name:?}: {told}");
        }
        assert_eq!(remove(&plugin, name), "");
    }
    assert!(outside.join("volume.json").exists());
    for id in ["", &"x".repeat(300)] {
        create(&plugin, "db", Value::Null);
        assert!(mount(&plugin, "db", id)["Err"].as_str().unwrap().contains("mount ID"));
    }
    let entries = std::fs::read_dir(host.place().join("volumes/volumes")).unwrap();
    assert_eq!(entries.map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(), ["db"]);
}

#[test]
fn http_as_engines_and_others_speak_it() {
    let host = Host::start().unwrap();
    let plugin = Plugin::start(&host, &[]).unwrap();
    let mut stream = UnixStream::connect(plugin.socket()).unwrap();
    // One connection, many calls.
    for number in 0..50 {
        let body = json!({"Name": format!("vol{number}"), "Opts": null}).to_string();
        assert_eq!(exchange(&mut stream, "VolumeDriver.Create", &body).unwrap(), (200, r#"{"Err":""}"#.to_owned()));
    }
    // A body in pieces, and two requests at once.
    write!(
        stream,
        "POST /VolumeDriver.Get HTTP/1.1\r\nHost: plugin\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"Nam\r\n"
    )
    .unwrap();
    stream.flush().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    write!(stream, "9\r\ne\":\"vol7\"\r\n1\r\n}}\r\n0\r\n\r\n").unwrap();
    let (status, volume) = answer(&mut stream).unwrap();
    assert!(status == 200 && volume.contains("vol7"), "{status} {volume}");
    let (status, body) = exchange(&mut stream, "VolumeDriver.Get", r#"{"Name":"nothing"}"#).unwrap();
    assert_eq!((status, body.as_str()), (500, r#"{"Err":"no such volume: nothing"}"#));
    assert_eq!(exchange(&mut stream, "VolumeDriver.Format", "{}").unwrap().0, 404);
    assert_eq!(exchange(&mut stream, "VolumeDriver.Get", "[1").unwrap().0, 500);
    assert_eq!(exchange(&mut stream, "VolumeDriver.Get", "").unwrap().0, 500);
    // What is no HTTP at all hurts nobody else.
    UnixStream::connect(plugin.socket()).unwrap().write_all(b"\x16\x03\x01 hello\r\n\r\n").unwrap();
    let mut large = UnixStream::connect(plugin.socket()).unwrap();
    let body = format!(r#"{{"Name":"{}"}}"#, "x".repeat(2 << 20));
    let (status, _) = exchange(&mut large, "VolumeDriver.Create", &body).unwrap_or((400, String::new()));
    assert_eq!(status, 400);
    assert_eq!(exchange(&mut stream, "VolumeDriver.Path", r#"{"Name":"vol1"}"#).unwrap().0, 200);
}

#[test]
fn a_thousand_volumes() {
    let host = Host::start().unwrap();
    let plugin = Plugin::start(&host, &[]).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|part| {
            let socket = plugin.socket().to_owned();
            std::thread::spawn(move || {
                let mut stream = UnixStream::connect(socket).unwrap();
                for number in (part * 250)..(part * 250 + 250) {
                    let body = json!({"Name": format!("volume-{number:04}"), "Opts": {"mode": "0750"}}).to_string();
                    assert_eq!(exchange(&mut stream, "VolumeDriver.Create", &body).unwrap().0, 200);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let names = |plugin: &Plugin| -> BTreeSet<String> {
        let list = ask(plugin, "List", json!({}));
        list["Volumes"].as_array().unwrap().iter().map(|volume| volume["Name"].as_str().unwrap().to_owned()).collect()
    };
    let all = names(&plugin);
    assert_eq!((all.len(), all.first().unwrap().as_str()), (1000, "volume-0000"));
    plugin.kill().unwrap();
    let plugin = Plugin::start(&host, &[]).unwrap();
    assert_eq!(names(&plugin), all);
}

/// All that is known of users is on disk, and what is mounted stays mounted, whatever becomes of the plug-in.
#[test]
fn a_restart_between_mount_and_unmount() {
    let host = Host::start().unwrap();
    let data = host.place().join("volumes/volumes/scratch/data");
    let path = data.to_str().unwrap();
    let mut plugin = Plugin::start(&host, &[]).unwrap();
    assert_eq!(
        create(&plugin, "scratch", json!({"backend": "tmpfs", "size": "1M", "owner": "7:8", "mode": "1770"})),
        ""
    );
    assert!(!is_mounted(&host, path));
    for kill in [true, false] {
        mount(&plugin, "scratch", "aa");
        mount(&plugin, "scratch", "bb");
        assert!(is_mounted(&host, path));
        let facts = host.command_inside("stat").args(["--file-system", "--format=%b %S", path]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&facts.stdout), "256 4096\n");
        let facts = host.command_inside("stat").args(["--format=%u %g %a", path]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&facts.stdout), "7 8 1770\n");
        if kill {
            plugin.kill().unwrap()
        } else {
            plugin.stop().unwrap()
        }
        assert!(is_mounted(&host, path));
        plugin = Plugin::start(&host, &[]).unwrap();
        assert_eq!(mounts(&plugin, "scratch"), 2);
        assert_eq!(unmount(&plugin, "scratch", "aa"), "");
        assert!(is_mounted(&host, path));
        assert_eq!(unmount(&plugin, "scratch", "bb"), "");
        assert!(!is_mounted(&host, path));
    }
    // Somebody on the host is in it: the container leaves all the same, and the volume stays until it is free.
    mount(&plugin, "scratch", "aa");
    let mut guest = host.command_inside("sleep").arg("1000").current_dir("/").spawn().unwrap();
    guest.kill().unwrap();
    guest.wait().unwrap();
    let mut guest = host.command_inside("sh");
    let mut guest = guest.args(["-c", "cd \"$0\" && exec sleep 1000", path]).spawn().unwrap();
    let inside = || Command::new("true").status().is_ok() && is_mounted(&host, path);
    while !std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.ends_with(Path::new("scratch/data")))
    }) {
        assert!(inside());
    }
    assert_eq!(unmount(&plugin, "scratch", "aa"), "");
    assert_eq!(mounts(&plugin, "scratch"), 0);
    assert!(remove(&plugin, "scratch").contains("in use by a process of this host"));
    let number = guest.id();
    let children = std::fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap();
    assert!(Command::new("kill").args(["-9", children.trim()]).status().unwrap().success());
    guest.wait().unwrap();
    assert_eq!(remove(&plugin, "scratch"), "");
}

/// At whatever point it is killed: what it had answered holds, what it had not is whole or not there.
#[test]
fn killed_at_any_point() {
    let rounds: u64 = std::env::var("CDGP_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let host = Host::start().unwrap();
    let mut plugin = Plugin::start(&host, &[]).unwrap();
    assert_eq!(create(&plugin, "kept", json!({"backend": "tmpfs"})), "");
    let mut users: BTreeSet<String> = BTreeSet::new();
    for round in 0..rounds {
        let socket = plugin.socket().to_owned();
        let before = users.clone();
        let asking = std::thread::spawn(move || {
            let mut users = before;
            // The users that an unanswered call was about: they may be there or not.
            let (mut open, mut made) = (None, None);
            let mut stream = UnixStream::connect(&socket).unwrap();
            for step in 0_u64.. {
                let (name, id) = (format!("vol-{round}-{step}"), format!("id-{round}-{}", step % 5));
                made = Some(name.clone());
                let body = json!({"Name": name, "Opts": {"owner": "1:1"}}).to_string();
                if exchange(&mut stream, "VolumeDriver.Create", &body).is_err() {
                    break;
                }
                open = Some(id.clone());
                let body = json!({"Name": "kept", "ID": id}).to_string();
                let enters = step % 3 != 2;
                let call = if enters { "VolumeDriver.Mount" } else { "VolumeDriver.Unmount" };
                if exchange(&mut stream, call, &body).is_err() {
                    break;
                }
                open = None;
                if enters {
                    users.insert(id)
                } else {
                    users.remove(&id)
                };
                if step % 4 == 0
                    && exchange(&mut stream, "VolumeDriver.Remove", &json!({"Name": name}).to_string()).is_err()
                {
                    break;
                }
                made = None;
            }
            (users, open, made)
        });
        std::thread::sleep(std::time::Duration::from_micros(3000 + round * 7919 % 40_000));
        plugin.kill().unwrap();
        let (known, open, made) = asking.join().unwrap();
        plugin = Plugin::start(&host, &[]).unwrap();
        let text = std::fs::read(host.place().join("volumes/volumes/kept/users.local.json")).unwrap_or_default();
        let text: Value = serde_json::from_slice(&text).unwrap_or_default();
        let mut there: BTreeSet<String> =
            text["ids"].as_object().into_iter().flatten().map(|(id, _)| id.clone()).collect();
        let mut known = known;
        if let Some(open) = open {
            known.remove(&open);
            if there.remove(&open) {
                users = BTreeSet::from([open]);
            } else {
                users = BTreeSet::new();
            }
        } else {
            users = BTreeSet::new();
        }
        assert_eq!(there, known, "round {round}");
        users.extend(known);
        assert_eq!(mounts(&plugin, "kept"), users.len());
        let path = host.place().join("volumes/volumes/kept/data");
        assert!(users.is_empty() || is_mounted(&host, path.to_str().unwrap()), "round {round}");
        if let Some(made) = made {
            assert_eq!(create(&plugin, &made, json!({"owner": "1:1"})), "", "round {round}");
        }
    }
    for volume in ask(&plugin, "List", json!({}))["Volumes"].as_array().unwrap() {
        let name = volume["Name"].as_str().unwrap();
        users.iter().filter(|_| name == "kept").for_each(|id| assert_eq!(unmount(&plugin, name, id), ""));
        assert_eq!(remove(&plugin, name), "");
    }
    let left = || std::fs::read_dir(host.place().join("volumes/volumes")).unwrap().count();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while left() > 0 && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(left(), 0);
}
