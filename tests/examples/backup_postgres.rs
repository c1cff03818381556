//! A real PostgreSQL under write load, backed up and restored again and again: what starts, and passes its own checks.
//!
//! `cargo run -p tests --example backup_postgres -- IMAGE.tar [ROUNDS]`, as root. The image is a Debian with PostgreSQL:
//! `mmdebstrap --variant=minbase --include=postgresql bookworm IMAGE.tar`.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs::File;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

const BIN: &str = "export PGHOST=/tmp PATH=$(echo /usr/lib/postgresql/*/bin):$PATH; cd /tmp; ";

struct Host(Engine);

impl Host {
    fn docker(&self, words: &[&str]) -> Result<String, String> {
        let done = self.0.docker().args(words).output().unwrap();
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if done.status.success() { Ok(said(&done.stdout)) } else { Err(said(&done.stderr) + &said(&done.stdout)) }
    }

    /// A server on a volume.
    fn serve(&self, name: &str, volume: &str) {
        let script = format!(
            "{BIN} exec postgres -D /data/pg -c listen_addresses= -c unix_socket_directories=/tmp -c max_wal_size=64MB"
        );
        let mount = format!("{volume}:/data");
        let run = [
            "run",
            "--detach",
            "--name",
            name,
            "--user",
            "postgres",
            "--stop-signal",
            "INT",
            "--volume",
            &mount,
            "postgres:1",
            "sh",
            "-c",
            &script,
        ];
        self.docker(&run).unwrap();
    }

    fn inside(&self, name: &str, script: &str) -> Result<String, String> {
        self.docker(&["exec", "--user", "postgres", name, "sh", "-c", &format!("{BIN} {script}")])
    }

    /// Waits until it answers; its last words where it does not.
    fn answers(&self, name: &str) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.inside(name, "pg_isready -q").is_err() {
            if Instant::now() > deadline || self.docker(&["inspect", "--format", "{{.State.Running}}", name])? != "true"
            {
                return Err(self.docker(&["logs", "--tail", "5", name]).unwrap_or_else(|said| said));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn backup(&self, mut arguments: Value) -> Value {
        let place = self.0.socket().with_file_name("backups");
        arguments["docker_host"] = self.0.docker_host().into();
        arguments["directory"] = place.display().to_string().into();
        arguments["state_directory"] = place.with_file_name("state").display().to_string().into();
        let done = Call::new("volumes", "volume_backup", &arguments).unwrap().run().unwrap();
        assert!(done.get("failed").is_none(), "{arguments}: {done}");
        done
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let rounds: usize = words.get(2).map_or(3, |text| text.parse().unwrap());
    let host = Host(Engine::start(Version::Newest).unwrap());
    let image = File::open(words.get(1).unwrap()).unwrap();
    let import = host.0.docker().args(["import", "-", "postgres:1"]).stdin(image).output().unwrap();
    assert!(import.status.success(), "{import:?}");
    host.docker(&["volume", "create", "db"]).unwrap();
    host.docker(&["run", "--rm", "--volume", "db:/data", "postgres:1", "chown", "postgres", "/data"]).unwrap();
    let init = format!("{BIN} initdb --data-checksums -D /data/pg");
    let run = ["run", "--rm", "--user", "postgres", "--volume", "db:/data", "postgres:1", "sh", "-c", &init];
    host.docker(&run).unwrap();
    host.serve("pg", "db");
    host.answers("pg").unwrap();
    host.inside("pg", "pgbench -q -i -s 10 postgres && psql -qc 'create extension amcheck; create table marks (n serial, at timestamptz default now())'").unwrap();
    for round in 0..rounds {
        for quiesce in ["pause", "stop", "none"] {
            // Writers that come back when the server was stopped.
            let load = format!(
                "{BIN} for i in $(seq 600); do pgbench -n -c 4 -T 1 postgres; psql -qc 'insert into marks default values'; done"
            );
            let mut writers = host.0.docker();
            let mut writers: std::process::Child = writers
                .args(["exec", "--user", "postgres", "pg", "sh", "-c", &load])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            sleep(Duration::from_secs(3));
            let marks: u64 = host.inside("pg", "psql -Atc 'select count(*) from marks'").unwrap().parse().unwrap();
            let name = format!("{quiesce}-{round}");
            let begun = Instant::now();
            let made = host.backup(json!({"name": "db", "backup": name, "quiesce": quiesce}));
            let took = begun.elapsed();
            host.answers("pg").unwrap();
            let _ = writers.kill();
            let _ = writers.wait();
            let _ = host.inside("pg", "pkill pgbench; pkill -f seq");
            host.backup(json!({"name": "db", "backup": name, "state": "restored", "restore_to": name}));
            let copy = format!("copy-{name}");
            host.serve(&copy, &name);
            // Every balance is the sum of its history; every page's checksum and every index are right.
            let checks = "psql -Atc \"select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history) \
                          and (select sum(bbalance) from pgbench_branches) = (select sum(delta) from pgbench_history)\" | grep -qx t \
                          && pg_amcheck --heapallindexed postgres && psql -Atc 'select count(*) from marks'";
            let verdict = host.answers(&copy).and_then(|()| host.inside(&copy, checks));
            println!(
                "round {round} {quiesce}: {:.1} s, {} MB, unsteady {}: {verdict:?} marks of at least {marks}",
                took.as_secs_f64(),
                made["backup"]["bytes"].as_u64().unwrap() >> 20,
                made["backup"]["unsteady"]
            );
            if quiesce != "none" {
                assert!(verdict.unwrap().parse::<u64>().unwrap() >= marks, "what had been committed is missing");
            }
            host.docker(&["rm", "--force", &copy]).unwrap();
            host.docker(&["volume", "rm", &name]).unwrap();
        }
    }
}
