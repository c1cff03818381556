//! `firewall` on a real Docker host: what is declared is what passes, before and after everybody who restarts.
//!
//! `CDGP_FIREWALL=full cargo nextest run -p tests --test firewall` runs each back end with each engine; without it, a
//! sample.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Filter, Probe, Site, Version};

fn firewall(site: &Site, mut arguments: Value) -> Call {
    arguments["docker_host"] = site.engine().docker_host().into();
    Call::new("firewall", "firewall", &arguments).unwrap().by(site.host("env"))
}

fn declared(backend: &str) -> Value {
    json!({
        "backend": backend,
        "sets": [{"name": "outside", "addresses": ["203.0.113.0/24", "2001:db8:1::/64"]},
                 {"name": "peer", "addresses": ["198.51.100.2", "2001:db8:2::2"]}],
        "rules": [
            {"name": "ssh", "ports": [22], "sources": ["outside"]},
            {"name": "names", "protocol": "udp", "ports": [53]},
            {"name": "in the host's network", "ports": [8088]},
            {"name": "web", "chain": "published", "ports": [8080]},
            {"name": "database", "chain": "published", "ports": [8082], "sources": ["peer"]},
            {"name": "not to the peer", "chain": "egress", "action": "drop", "destinations": ["peer"]},
        ],
        "policies": {"forward": "drop"},
    })
}

/// A web server in a container on each port, of both families; one in the host's network; others on the host itself.
fn populate(site: &Site) {
    site.docker(&["network", "create", "--ipv6", "--subnet", "172.30.0.0/24", "--subnet", "fd00:30::/64", "app"])
        .unwrap();
    let web = |name: &str, more: &[&str], port: &str| {
        let run = ["run", "--detach", "--restart", "always", "--name", name];
        site.docker(&[&run, more, &["web:1", "httpd", "-f", "-p", port]].concat()).unwrap();
    };
    let published = ["8080:80", "8081:80", "8082:80"].map(|port| ["--publish", port]).concat();
    web("app", &[&["--network", "app", "--ip", "172.30.0.10", "--ip6", "fd00:30::10"][..], &published].concat(), "80");
    web("hostnet", &["--network", "host"], "[::]:8088");
    site.serve("host", &["tcp/22", "tcp/9100", "udp/53", "udp/99"]).unwrap();
    site.serve("client", &["tcp/7000"]).unwrap();
    site.serve("peer", &["tcp/7000"]).unwrap();
}

fn probes(version: Version) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut add = |name: &str, from: &str, protocol, to: &str, port, open| {
        let (name, from, to) = (name.to_owned(), from.to_owned(), to.to_owned());
        probes.push(Probe { name, from, protocol, to, port, open });
    };
    for v6 in [false, true] {
        let addresses = |v4: &'static str, v6_: &'static str| if v6 { v6_ } else { v4 };
        for (from, host) in [
            ("client", addresses("203.0.113.1", "2001:db8:1::1")),
            ("peer", addresses("198.51.100.1", "2001:db8:2::1")),
        ] {
            let outside = from == "client";
            add("ssh", from, "tcp", host, 22, outside);
            add("names", from, "udp", host, 53, true);
            add("another port of UDP", from, "udp", host, 99, false);
            add("in the host's network", from, "tcp", host, 8088, true);
            add("not declared", from, "tcp", host, 9100, false);
            // Before 27 Docker has no rules for IPv6: there the userland proxy answers, which listens on the host.
            let published = !v6 || version == Version::Newest;
            add("published and declared", from, "tcp", host, 8080, published);
            add("published for the peer", from, "tcp", host, 8082, published && !outside);
            add("published, not declared", from, "tcp", host, 8081, false);
            add("past the translation", from, "tcp", addresses("172.30.0.10", "fd00:30::10"), 80, false);
        }
        add("passing by Docker", "client", "tcp", addresses("198.51.100.2", "2001:db8:2::2"), 7000, false);
        if !v6 {
            add("a container to the outside", "app", "tcp", "203.0.113.2", 7000, true);
            add("a container to the peer", "app", "tcp", "198.51.100.2", 7000, false);
        }
    }
    probes
}

/// The chains and rules of others: everything but ours, the jumps to ours, and tables that hold nothing.
fn of_others(site: &Site) -> String {
    let both = site.run("iptables-save; ip6tables-save").unwrap();
    let said = |line: &&str| line.starts_with("-A ") || line.starts_with(':') && !line.contains(" ACCEPT ");
    let ours = |line: &&str| line.contains("CDGP-") || line.starts_with(":DOCKER-USER ");
    // Counters of policies change with each packet.
    let lines = both.lines().filter(said).filter(|line| !ours(line)).map(|line| line.split(" [").next().unwrap());
    lines.map(|line| format!("{line}\n")).collect()
}

/// What `explain` says of a connection is what becomes of it.
fn explained(site: &Site, probes: &[Probe]) {
    for probe in probes {
        let (v4, v6, interface) = match probe.from.as_str() {
            "client" => ("203.0.113.2", "2001:db8:1::2", "eth1"),
            "peer" => ("198.51.100.2", "2001:db8:2::2", "eth2"),
            _ => continue,
        };
        let Probe { protocol, to, port, .. } = probe;
        let (from, to) = if to.contains(':') { (v6, format!("[{to}]:{port}")) } else { (v4, format!("{to}:{port}")) };
        let said = site.run(&format!("cdgp-firewall explain {protocol} {from} {to} --in {interface}")).unwrap();
        // Behind what passes somebody may still not listen, so only what is open must pass, and what is declared
        // closed must not.
        let passes = said.trim_end().ends_with("it passes");
        assert_eq!(passes, probe.open, "{probe:?}: {said}");
    }
}

fn all_as_declared(version: Version, filter: Filter, backend: &str) {
    let site = Site::start(version, filter).unwrap();
    populate(&site);
    let probes = probes(version);
    let check = |after: &str| {
        let wrong = site.wrong(&probes).unwrap();
        assert!(
            wrong.is_empty(),
            "{backend} {filter:?} {version:?}, {after}: {wrong:#?}\n{}",
            site.run("iptables-save").unwrap()
        );
    };
    // Of a host that is not protected, everything that is published answers: the probes see what they must.
    let open =
        |probe: &&Probe| probe.name.starts_with("published") && probe.from == "client" && !probe.to.contains(':');
    let before: Vec<Probe> = probes.iter().filter(open).map(|probe| Probe { open: true, ..probe.clone() }).collect();
    assert_eq!(before.len(), 3);
    assert_eq!(site.wrong(&before).unwrap(), Vec::<String>::new());

    let others = of_others(&site);
    let foretold = firewall(&site, declared(backend)).check().diff().run().unwrap();
    assert_eq!(of_others(&site), others, "check mode changes nothing");
    let done = firewall(&site, declared(backend)).diff().run().unwrap();
    assert_eq!(done["changed"], true, "{done:#}");
    assert_eq!((&foretold["actions"], &foretold["diff"]), (&done["actions"], &done["diff"]));
    assert_eq!(of_others(&site), others, "the rules of others are as they were");
    let again = firewall(&site, declared(backend)).run().unwrap();
    assert_eq!((&again["changed"], &again["actions"]), (&json!(false), &json!([])), "{again:#}");
    check("when it is applied");
    if backend != "nftables" {
        explained(&site, &probes);
    }

    site.stop_docker().unwrap();
    site.start_docker().unwrap();
    check("after a restart of dockerd");

    // What a service that restores rules does: it flushes everything, Docker's too, which Docker then makes anew.
    site.run("iptables-save >/run/v4; ip6tables-save >/run/v6").unwrap();
    let flush =
        "for t in iptables ip6tables; do for n in filter nat mangle raw; do $t -t $n -F; $t -t $n -X; done; done
                 nft flush ruleset";
    site.run(flush).unwrap();
    site.run("cdgp-firewall restore").unwrap();
    site.stop_docker().unwrap();
    site.start_docker().unwrap();
    check("after everything was flushed");

    // A restart of the host: nothing is there, ours comes before Docker.
    site.stop_docker().unwrap();
    site.run(flush).unwrap();
    site.run("cdgp-firewall restore").unwrap();
    site.start_docker().unwrap();
    check("after a restart of the host");

    let others = of_others(&site);
    let gone = firewall(&site, json!({"state": "absent"})).run().unwrap();
    assert_eq!(gone["changed"], true, "{gone:#}");
    assert_eq!(of_others(&site), others);
    assert_eq!(site.run("iptables-save; ip6tables-save; nft list ruleset").unwrap().matches("CDGP").count(), 0);
    assert_eq!(site.wrong(&before).unwrap(), Vec::<String>::new());
}

/// With each engine, where everything is asked for; else with this one.
fn all_as_declared_with(sample: Version, filter: Filter, backend: &str) {
    if std::env::var("CDGP_FIREWALL").is_ok_and(|asked| asked == "full") {
        for version in Version::ALL {
            all_as_declared(version, filter, backend);
        }
    } else {
        all_as_declared(sample, filter, backend);
    }
}

#[test]
fn as_declared_by_iptables_nft() {
    all_as_declared_with(Version::Newest, Filter::Nft, "iptables");
}

#[test]
fn as_declared_by_iptables_legacy() {
    all_as_declared_with(Version::Oldest, Filter::Legacy, "auto");
}

#[test]
fn as_declared_by_nftables() {
    all_as_declared_with(Version::Newest, Filter::Nft, "nftables");
}

#[test]
fn taken_back_unless_confirmed() {
    let site = Site::start(Version::Oldest, Filter::Nft).unwrap();
    site.serve("host", &["tcp/22"]).unwrap();
    let ssh = |open| {
        let (name, from, to) = ("ssh".to_owned(), "client".to_owned(), "203.0.113.1".to_owned());
        site.wrong(&[Probe { name, from, protocol: "tcp", to, port: 22, open }]).unwrap()
    };
    let rules = || {
        site.run("iptables-save; ip6tables-save").map(|text| text.replace(|c: char| c.is_ascii_digit(), "")).unwrap()
    };
    let done = firewall(&site, json!({"rules": [{"ports": [22]}]})).run().unwrap();
    assert_eq!(done["changed"], true, "{done:#}");
    let before = rules();

    // Cuts ssh, and nobody confirms it.
    let cuts = json!({"rules": [{"ports": [443]}], "rollback": 15});
    let done = firewall(&site, cuts.clone()).run().unwrap();
    assert_eq!(done["_native_confirm"]["args"], json!({"state": "confirmed"}), "{done:#}");
    assert_eq!(ssh(false), Vec::<String>::new(), "it is cut");
    let second = firewall(&site, cuts).run().unwrap();
    assert!(second["msg"].as_str().unwrap().contains("waits to be confirmed"), "{second:#}");
    // A restart of Docker, or the check each minute, leaves it to the guard.
    site.run("cdgp-firewall restore").unwrap();
    while !ssh(true).is_empty() {}
    assert_eq!(rules(), before);
    let late = firewall(&site, json!({"state": "confirmed"})).run().unwrap();
    assert!(late["msg"].as_str().unwrap().contains("was taken back"), "{late:#}");
    assert!(site.run("cdgp-firewall status").unwrap().contains("was taken back"));

    // Taken back by hand.
    let manual = |port: u16| json!({"rules": [{"ports": [22, port]}], "rollback": 600, "confirm": "manual"});
    let done = firewall(&site, manual(80)).run().unwrap();
    assert_eq!((&done["rollback"]["seconds"], &done["_native_confirm"]), (&json!(600), &Value::Null), "{done:#}");
    site.run("cdgp-firewall rollback").unwrap();
    assert_eq!(rules(), before);

    // Confirmed: it stays, and is what is restored.
    firewall(&site, manual(443)).run().unwrap();
    let kept = firewall(&site, json!({"state": "confirmed"})).run().unwrap();
    assert_eq!(kept["changed"], true, "{kept:#}");
    let after = rules();
    assert_ne!(after, before);
    let own = |rules: &str| rules.lines().filter(|line| line.contains("CDGP")).map(str::to_owned).collect::<Vec<_>>();
    site.run("iptables -F; ip6tables -F; cdgp-firewall restore").unwrap();
    // Docker's are Docker's to bring back.
    assert_eq!(own(&rules()), own(&after));
    let after = rules();
    let nothing = firewall(&site, json!({"state": "confirmed"})).run().unwrap();
    assert!(nothing["msg"].as_str().unwrap().contains("no change"), "{nothing:#}");

    // A rule set that would cut the session that the task comes by.
    let session = "203.0.113.2 40000 203.0.113.1 22";
    let refused = firewall(&site, json!({"rules": [{"ports": [80]}]})).env("SSH_CONNECTION", session).run().unwrap();
    assert!(refused["msg"].as_str().unwrap().contains("would cut you off"), "{refused:#}");
    assert_eq!(rules(), after);
    let fine =
        firewall(&site, json!({"rules": [{"ports": [22]}]})).env("SSH_CONNECTION", session).check().run().unwrap();
    assert_eq!(fine["changed"], true, "{fine:#}");
}
