//! A swarm of three real hosts, from Ansible: `swarm_members` makes it, keeps it, and mends it; services answer throughout.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tests::hosts::{Host, Hosts, Python, Suite};

use crate::process;
use crate::venv::{self, Need};
use crate::workspace::Workspace;

/// Set, locked managers and the losses of nodes are tried too, which take a swarm half a minute each to see.
const LONG: &str = "CDGP_LONG";
const IMAGE: &str = "tiny:1";

/// Runs the step.
pub fn check(workspace: &Workspace) -> Result<()> {
    let suite = match std::env::var("CDGP_SUITE").as_deref() {
        Ok("trixie") => Suite::Trixie,
        _ => Suite::Bookworm,
    };
    venv::packages(Need::Tests)?;
    let hosts = Hosts::start(3, suite, Python::Without)?;
    let swarm = Swarm { play: Play::new(workspace, &hosts)?, hosts: &hosts };
    swarm.begins()?;
    swarm.carries_traffic()?;
    swarm.drains()?;
    swarm.takes_back_who_was_lost()?;
    if std::env::var_os(LONG).is_some() {
        swarm.locks_and_rotates()?;
        swarm.heals()?;
        swarm.survives()?;
        swarm.shrinks()?;
    }
    Ok(())
}

/// Runs the playbook.
struct Play {
    program: PathBuf,
    /// An empty one.
    config: PathBuf,
    playbook: PathBuf,
    inventory: PathBuf,
    result: PathBuf,
    collections: PathBuf,
}

impl Play {
    fn new(workspace: &Workspace, hosts: &Hosts) -> Result<Play> {
        let config = hosts.inventory().with_file_name("ansible.cfg");
        std::fs::write(&config, "").with_context(|| format!("writing {}", config.display()))?;
        Ok(Play {
            config,
            program: venv::ensure(workspace, Need::Ansible)?.join("bin/ansible-playbook"),
            playbook: workspace.root.join("tests/hosts/members.yml"),
            result: hosts.inventory().with_file_name("result.json"),
            inventory: hosts.inventory(),
            collections: workspace.target.join("collections"),
        })
    }

    /// The task's result, and all that Ansible said at its most talkative.
    fn run(&self, wanted: &Value, further: &[&str]) -> Result<(Value, String)> {
        let variables = json!({"wanted": wanted, "result": self.result}).to_string();
        let mut command = Command::new(&self.program);
        command.arg(&self.playbook).arg("--inventory").arg(&self.inventory).args(["-vvvvv", "--diff"]).args(further);
        command.args(["--extra-vars", &variables]).stdin(std::process::Stdio::null());
        command.env("ANSIBLE_COLLECTIONS_PATH", &self.collections).env("ANSIBLE_CONFIG", &self.config);
        let done = command.output().with_context(|| format!("starting {}", process::shown(&command)))?;
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        ensure!(done.status.success(), "{} ended with {}: {said}", process::shown(&command), done.status);
        let result = std::fs::read_to_string(&self.result).context("reading the task's result")?;
        std::fs::remove_file(&self.result).context("removing the task's result")?;
        Ok((serde_json::from_str(&result).context("reading the task's result")?, said))
    }
}

struct Swarm<'a> {
    play: Play,
    hosts: &'a Hosts,
}

impl Swarm<'_> {
    /// Check mode tells what is then done, and the second run changes nothing. No token is shown.
    fn becomes(&self, wanted: &Value, actions: &[&str]) -> Result<Value> {
        let start = Instant::now();
        let (foretold, _) = self.play.run(wanted, &["--check"])?;
        let (done, said) = self.play.run(wanted, &[])?;
        let wanted_actions = json!(actions);
        ensure!(done["actions"] == wanted_actions, "{wanted}: wanted {wanted_actions}, got {done:#}");
        ensure!(
            foretold["actions"] == done["actions"] && foretold["diff"] == done["diff"],
            "foretold {foretold:#}, done {done:#}"
        );
        for secret in ["SWMTKN-", "SWMKEY-"] {
            ensure!(!said.contains(secret), "a secret was shown: {said}");
        }
        let (again, _) = self.play.run(wanted, &[])?;
        let once_more = wanted["rotate_tokens"] == json!(true) || wanted["rotate_ca"] == json!(true);
        ensure!(again["changed"] == json!(once_more), "the second run of {wanted} has changed something: {again:#}");
        println!("{} ({:.1} s, three runs)", actions.join("; "), start.elapsed().as_secs_f32());
        Ok(done)
    }

    fn host(&self, name: &str) -> Result<Host<'_>> {
        Ok(self.hosts.host(name)?)
    }

    fn docker(&self, host: &str, words: &[&str]) -> Result<String> {
        Ok(self.host(host)?.run("docker", words)?)
    }

    fn begins(&self) -> Result<()> {
        for host in self.hosts.all() {
            host.load_image(IMAGE)?;
        }
        let wanted = json!({"managers": "h1,h2", "workers": ["h3"], "nodes": {"h3": {"labels": {"disk": "ssd"}}}});
        let actions = ["h1 begins the swarm", "h2 joins as manager", "h3 joins as worker", "update node h3: labels"];
        self.becomes(&wanted, &actions)?;
        self.becomes(&all(), &["update node h3: role manager"])?;
        let nodes = self.docker("h2", &["node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.ManagerStatus}}"])?;
        ensure!(
            nodes.lines().filter(|line| line.ends_with("Reachable") || line.ends_with("Leader")).count() == 3,
            "{nodes}"
        );
        for host in self.hosts.all() {
            let found = host.exec("grep", &["-rlE", "SWMTKN-1", "/root", "/tmp", "/var/tmp", "/var/log"])?;
            ensure!(found.stdout.is_empty(), "a token lies on {}: {found:?}", host.name());
        }
        Ok(())
    }

    /// A service that is found by DNS over an overlay, and at its nodes' own ports.
    fn carries_traffic(&self) -> Result<()> {
        self.docker("h1", &["network", "create", "--driver", "overlay", "--attachable", "lan"])?;
        let page = "mkdir /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www";
        let service = [
            "service",
            "create",
            "--detach",
            "--no-resolve-image",
            "--name",
            "web",
            "--replicas",
            "2",
            "--network",
            "lan",
            "--endpoint-mode",
            "dnsrr",
            "--publish",
            "mode=host,target=80,published=8080",
            IMAGE,
            "sh",
            "-c",
            page,
        ];
        self.docker("h1", &service)?;
        self.running("web", 2)?;
        ensure!(self.answering()?.len() == 2, "the published port answers at {:?}", self.answering()?);
        // From each host, by name, both tasks: so some of it goes from host to host.
        for host in ["h1", "h2", "h3"] {
            let ask = "for address in $(nslookup tasks.web 127.0.0.11 | sed -n 's/^Address[^:]*: //p' | grep -v 127.0.0.11); do \
                       printf 'GET / HTTP/1.0\r\n\r\n' | nc -w 5 $address 80 | tail -n 1; done";
            let pages = self.docker(host, &["run", "--rm", "--network", "lan", IMAGE, "sh", "-c", ask])?;
            ensure!(pages.lines().collect::<std::collections::BTreeSet<_>>().len() == 2, "{host} reaches {pages:?}");
        }
        println!("two tasks answer by DNS from all three hosts, and at their hosts' ports");
        Ok(())
    }

    /// The hosts at whose port the service answers.
    fn answering(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for host in self.hosts.all() {
            let mut curl = self.hosts.exec_in_namespace("curl");
            let url = format!("http://{}:8080/", host.address());
            let done = curl.args(["--silent", "--max-time", "2", &url]).output().context("starting curl")?;
            if done.status.success() {
                found.push(host.name().to_owned());
            }
        }
        Ok(found)
    }

    fn running(&self, service: &str, count: usize) -> Result<()> {
        let from = self.hosts.all().into_iter().find(|host| host.run("docker", &["node", "ls"]).is_ok());
        let from = from.context("no manager answers")?;
        until(&format!("{count} tasks of {service} run"), || {
            let words =
                ["service", "ps", service, "--filter", "desired-state=running", "--format", "{{.CurrentState}}"];
            let states = from.run("docker", &words)?;
            Ok(states.lines().filter(|state| state.starts_with("Running")).count() == count)
        })
    }

    fn drains(&self) -> Result<()> {
        let on = self.answering()?;
        let (name, free) =
            (on[0].as_str(), ["h1", "h2", "h3"].into_iter().find(|name| !on.iter().any(|on| on == name)));
        let wanted = with_nodes(json!({name: {"availability": "drain"}}));
        let done = self.becomes(&wanted, &[&format!("update node {name}: availability drain")])?;
        let moved = done["moved"][name].to_string();
        let free = free.context("both tasks were on one host")?;
        ensure!(moved.contains("web.") && moved.contains(&format!("runs on {free}")), "{done:#}");
        ensure!(self.docker(name, &["ps", "-q"])?.is_empty(), "something still runs on {name}");
        let back = with_nodes(json!({name: {"availability": "active"}}));
        self.becomes(&back, &[&format!("update node {name}: availability active")])?;
        Ok(())
    }

    fn locks_and_rotates(&self) -> Result<()> {
        let mut locked = all();
        locked["autolock"] = json!(true);
        self.becomes(&locked, &["managers that start again are locked"])?;
        let host = self.host("h2")?;
        host.run("systemctl", &["restart", "docker"])?;
        let state = self.docker("h2", &["info", "--format", "{{.Swarm.LocalNodeState}}"])?;
        ensure!(state == "locked", "{state}");
        self.becomes(&locked, &["h2 is unlocked"])?;
        let mut rotated = all();
        rotated["autolock"] = json!(false);
        self.becomes(&rotated, &["managers that start again are not locked"])?;
        let token = || self.docker("h1", &["swarm", "join-token", "--quiet", "worker"]);
        let before = token()?;
        rotated["rotate_tokens"] = json!(true);
        rotated["rotate_ca"] = json!(true);
        self.becomes(&rotated, &["both join tokens are made new", "the authority and all certificates are made new"])?;
        ensure!(before != token()?, "the token is the old one");
        Ok(())
    }

    /// A host comes back with nothing of before.
    fn takes_back_who_was_lost(&self) -> Result<()> {
        self.docker("h3", &["swarm", "leave", "--force"])?;
        self.down("h3")?;
        let id = self.docker("h1", &["node", "ls", "--filter", "name=h3", "--format", "{{.ID}}"])?;
        let old = format!("h3 ({id})");
        let actions =
            [format!("update node {old}: role worker"), format!("remove node {old}"), "h3 joins as manager".to_owned()];
        self.becomes(&all(), &actions.each_ref().map(String::as_str))?;
        // And one that the swarm has thrown out.
        self.docker("h1", &["node", "demote", "h3"])?;
        until("h3 is no manager", || {
            Ok(self.docker("h3", &["info", "--format", "{{.Swarm.ControlAvailable}}"])? == "false")
        })?;
        self.docker("h1", &["node", "rm", "--force", "h3"])?;
        self.becomes(&all(), &["h3 leaves the swarm, which knows it no more", "h3 joins as manager"])?;
        self.running("web", 2)
    }

    fn down(&self, name: &str) -> Result<()> {
        until(&format!("{name} is seen to be down"), || {
            let from = if name == "h1" { "h2" } else { "h1" };
            let words = ["node", "ls", "--filter", &format!("name={name}"), "--format", "{{.Status}}"];
            Ok(self.docker(from, &words)?.lines().any(|status| status == "Down"))
        })
    }

    /// The leader is cut off: the others choose another; healed, it is one of them again.
    fn heals(&self) -> Result<()> {
        let leader = self.leader("h1")?;
        let other = if leader == "h1" { "h2" } else { "h1" };
        let host = self.host(&leader)?;
        let start = Instant::now();
        host.partition()?;
        until("another leads", || Ok(self.leader(other).is_ok_and(|now| now != leader)))?;
        println!("{leader} was cut off; another leads after {:.1} s", start.elapsed().as_secs_f32());
        self.down(&leader).or_else(|_| self.down(other))?;
        self.running("web", 2)?;
        ensure!(!self.answering()?.is_empty(), "nothing answers");
        host.heal()?;
        until("all managers are heard", || {
            let words = ["node", "ls", "--format", "{{.Status}} {{.ManagerStatus}}"];
            let all = self.docker(other, &words)?;
            Ok(all.lines().filter(|line| ["Ready Leader", "Ready Reachable"].contains(line)).count() == 3)
        })?;
        let (again, _) = self.play.run(&all(), &[])?;
        ensure!(again["changed"] == json!(false), "{again:#}");
        Ok(())
    }

    fn leader(&self, asked: &str) -> Result<String> {
        let nodes = self.docker(asked, &["node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}"])?;
        let leader = nodes.lines().find_map(|line| line.strip_suffix(" Leader"));
        Ok(leader.context("nobody leads")?.to_owned())
    }

    /// A host dies: its tasks go elsewhere, and the module refuses what would cost the majority.
    fn survives(&self) -> Result<()> {
        let lost = self.answering()?.pop().context("nothing answers")?;
        let left: Vec<&str> = ["h1", "h2", "h3"].into_iter().filter(|name| *name != lost).collect();
        let start = Instant::now();
        self.host(&lost)?.kill()?;
        until("the service answers at both hosts that are left", || Ok(self.answering()? == left))?;
        println!("{lost} died; its task is back elsewhere after {:.1} s", start.elapsed().as_secs_f32());
        let (refused, _) = self.play.run(&json!({"managers": [left[0], lost], "workers": [left[1]]}), &[])?;
        let msg = refused["msg"].as_str().unwrap_or_default();
        ensure!(msg.contains("would leave 1 of 2 managers") && msg.contains("2 / 2 + 1 = 2"), "{refused:#}");
        let (known, _) = self.play.run(&all(), &[])?;
        ensure!(
            known["changed"] == json!(false) && known["warnings"].to_string().contains("can't be reached"),
            "{known:#}"
        );
        self.host(&lost)?.start()?;
        self.host(&lost)?.wait()?;
        until("it is back", || {
            Ok(self.docker(left[0], &["node", "ls", "--filter", &format!("name={lost}"), "--format", "{{.Status}}"])?
                == "Ready")
        })
    }

    fn shrinks(&self) -> Result<()> {
        let (refused, _) = self.play.run(&json!({"managers": ["h1"], "workers": ["h1"]}), &[])?;
        ensure!(refused["msg"].as_str().unwrap_or_default().contains("named twice"), "{refused:#}");
        let wanted = json!({"managers": ["h2"], "workers": ["h1"], "others": "remove"});
        let actions =
            ["update node h1: role worker", "update node h3: role worker, availability drain", "remove node h3"];
        self.becomes(&wanted, &actions)?;
        self.running("web", 2)
    }
}

fn all() -> Value {
    json!({"managers": ["h1", "h2", "h3"]})
}

fn with_nodes(nodes: Value) -> Value {
    json!({"managers": ["h1", "h2", "h3"], "nodes": nodes})
}

fn until(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(90);
    // What is asked may be away for a while.
    while !is_so().unwrap_or(false) {
        if Instant::now() > deadline {
            bail!("waited in vain until {what}: {:?}", is_so());
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    Ok(())
}
