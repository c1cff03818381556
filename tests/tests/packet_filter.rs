//! `iptables` and `iptables_state` against the kernel, in network namespaces of their own.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Call, Network};

fn call(network: &Network, module: &str, arguments: &Value) -> Call {
    Call::new("firewall", module, arguments).unwrap().within(network)
}

/// The kernel's rules without times and counters.
fn rules(network: &Network) -> Vec<String> {
    let text = network.shell("iptables-save").unwrap();
    let line = |line: &str| line.split(" [").next().unwrap_or_default().to_owned();
    text.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

fn file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("cdgp-state-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
fn a_rule_is_added_found_and_removed() {
    let network = Network::new().unwrap();
    let rule = json!({"chain": "INPUT", "protocol": "tcp", "destination_port": "22", "ctstate": ["NEW"], "jump": "ACCEPT", "comment": "let it in"});
    let printed =
        "-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m comment --comment \"let it in\" -j ACCEPT";
    let foretold = call(&network, "iptables", &rule).check().diff().run().unwrap();
    assert_eq!(foretold["changed"], json!(true), "{foretold}");
    assert_eq!(rules(&network), Vec::<String>::new());
    let added = call(&network, "iptables", &rule).diff().run().unwrap();
    assert_eq!(added["diff"], foretold["diff"]);
    assert_eq!(
        added["rule"],
        json!("-p tcp -j ACCEPT --destination-port 22 -m conntrack --ctstate NEW -m comment --comment let it in")
    );
    assert_eq!(rules(&network)[4], printed);
    assert_eq!(format!("-A INPUT {}", added["diff"]["after"]["ipv4"]["rules"][0].as_str().unwrap()), printed);
    assert_eq!(call(&network, "iptables", &rule).run().unwrap()["changed"], json!(false));
    let mut gone = rule.clone();
    gone["state"] = json!("absent");
    assert_eq!(call(&network, "iptables", &gone).run().unwrap()["changed"], json!(true));
    assert_eq!(call(&network, "iptables", &gone).run().unwrap()["changed"], json!(false));
    assert!(!rules(&network).iter().any(|line| line == printed));
}

#[test]
fn a_rule_that_one_family_refuses_is_added_to_neither() {
    let network = Network::new().unwrap();
    let rule = json!({"chain": "INPUT", "ip_version": "both", "reject_with": "icmp-host-prohibited"});
    for call in [call(&network, "iptables", &rule).check(), call(&network, "iptables", &rule)] {
        let refused = call.run().unwrap();
        assert_eq!((&refused["failed"], &refused["rc"]), (&json!(true), &json!(2)), "{refused}");
        assert!(
            refused["cmd"]
                .as_str()
                .unwrap()
                .ends_with("ip6tables -t filter -A INPUT -j REJECT --reject-with icmp-host-prohibited")
        );
    }
    assert!(!rules(&network).iter().any(|line| line.starts_with("-A")));
}

#[test]
fn a_state_is_saved_and_restored() {
    let network = Network::new().unwrap();
    let path = file("basic");
    let state = |state: &str| json!({"path": path, "state": state});
    assert_eq!(call(&network, "iptables_state", &state("saved")).check().run().unwrap()["changed"], json!(true));
    assert_eq!((path.exists(), rules(&network)), (false, Vec::new()), "check mode made something");
    let saved = call(&network, "iptables_state", &state("saved")).run().unwrap();
    assert_eq!(saved["initial_state"], saved["saved"], "{saved}");
    assert_eq!(call(&network, "iptables_state", &state("saved")).run().unwrap()["changed"], json!(false));
    assert_eq!(call(&network, "iptables_state", &state("restored")).run().unwrap()["changed"], json!(false));
    network.shell("iptables -A OUTPUT -j ACCEPT && iptables -t nat -A POSTROUTING -j MASQUERADE").unwrap();
    let foretold = call(&network, "iptables_state", &state("restored")).check().run().unwrap();
    let restored = call(&network, "iptables_state", &state("restored")).run().unwrap();
    assert_eq!(
        (&foretold["changed"], &restored["changed"], &restored["applied"]),
        (&json!(true), &json!(true), &json!(true))
    );
    let left = rules(&network);
    assert!(
        !left.iter().any(|line| line == "-A OUTPUT -j ACCEPT") && left.iter().any(|line| line.ends_with("MASQUERADE")),
        "{left:?}"
    );
    assert_eq!(call(&network, "iptables_state", &state("restored")).run().unwrap()["changed"], json!(false));
    std::fs::write(&path, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport nosuch -j DROP\nCOMMIT\n").unwrap();
    let refused = call(&network, "iptables_state", &state("restored")).run().unwrap();
    assert_eq!(
        refused["msg"],
        json!(format!("Source {} is not suitable for input to iptables-restore", path.display()))
    );
    assert_eq!((&refused["applied"], rules(&network)), (&json!(false), left));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_restored_state_is_taken_back_unless_it_is_confirmed() {
    let network = Network::new().unwrap();
    let path = file("rollback");
    network.shell("iptables -A INPUT -p tcp --dport 22 -j ACCEPT").unwrap();
    let before = rules(&network);
    std::fs::write(
        &path,
        "*filter\n:INPUT DROP [0:0]\nCOMMIT\n*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n",
    )
    .unwrap();
    let restored = json!({"path": path, "state": "restored", "rollback": 1});
    let confirmed = json!({"path": path, "state": "confirmed"});
    let answer = call(&network, "iptables_state", &restored).run().unwrap();
    assert_eq!(answer["_native_confirm"], json!({"args": confirmed, "seconds": 1, "whole": true}), "{answer}");
    assert_eq!(rules(&network)[1], ":INPUT DROP");
    let deadline = Instant::now() + Duration::from_secs(20);
    while rules(&network)[..before.len()] != before[..] {
        assert!(Instant::now() < deadline, "the rules do not come back: {:?}", rules(&network));
        sleep(Duration::from_millis(50));
    }
    assert!(
        !rules(&network).iter().any(|line| line.contains("MASQUERADE")),
        "a table that was untouched is not blank again"
    );
    let late = loop {
        let answer = call(&network, "iptables_state", &confirmed).run().unwrap();
        // The guard writes down what it did once it has done it.
        if answer["msg"] != json!("nothing that was restored waits to be confirmed") || Instant::now() > deadline {
            break answer;
        }
    };
    assert_eq!(
        (&late["failed"], &late["changed"], &late["applied"]),
        (&json!(true), &json!(false), &json!(false)),
        "{late}"
    );
    assert!(
        late["msg"].as_str().unwrap().ends_with("after 1s. Firewall has been rolled back to its initial state."),
        "{late}"
    );

    let restored = json!({"path": path, "state": "restored", "rollback": 600});
    let answer = call(&network, "iptables_state", &restored).run().unwrap();
    let again =
        call(&network, "iptables_state", &json!({"path": path, "state": "restored", "rollback": 5})).run().unwrap();
    assert_eq!(again["changed"], json!(false), "{again}");
    let kept = call(&network, "iptables_state", &confirmed).run().unwrap();
    for key in ["changed", "applied", "restored", "initial_state", "tables", "cmd", "actions"] {
        assert_eq!(kept[key], answer[key], "{key}");
    }
    assert_eq!(rules(&network)[1], ":INPUT DROP");
    std::fs::remove_file(path).unwrap();
}

/// How often a change is cut short; `CDGP_KILLS=200` for more.
const KILLS: u32 = 20;

#[test]
fn a_change_that_is_killed_leaves_the_old_rules_or_the_new_ones() {
    let network = Network::new().unwrap();
    let kills = std::env::var("CDGP_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let rule = |port: u16| json!({"name": format!("port {port}"), "ports": [port]});
    let declared = |from: u16| {
        let rules: Vec<Value> = (from..from + 300).map(rule).collect();
        json!({"rules": rules, "docker": "never", "persist": false, "backend": "iptables"})
    };
    let ports = |program: &str| -> Vec<String> {
        let text = network.shell(&format!("{program}-save")).unwrap();
        text.lines().filter(|line| line.contains("-p tcp -m tcp --dport")).map(str::to_owned).collect()
    };
    let sets = [declared(1_000), declared(2_000)];
    let mut known: Vec<[Vec<String>; 2]> = Vec::new();
    let mut took = Duration::ZERO;
    for set in &sets {
        let start = Instant::now();
        let answer = call(&network, "firewall", set).run().unwrap();
        took = start.elapsed();
        assert_eq!(answer["changed"], json!(true), "{answer}");
        known.push(["iptables", "ip6tables"].map(ports));
        assert_eq!((known.last().unwrap()[0].len(), known.last().unwrap()[1].len()), (300, 300));
    }
    let (mut old, mut new) = (0, 0);
    for round in 0..kills {
        let next = (round % 2) as usize;
        let mut child = call(&network, "firewall", &sets[next]).start().unwrap();
        // At another moment each time, from before its first step to after its last.
        sleep(took * round / kills.max(1));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it has started goes on by itself: it has all that it needs.
        let deadline = Instant::now() + Duration::from_secs(20);
        while network.is_busy() && Instant::now() < deadline {
            sleep(Duration::from_millis(5));
        }
        for (family, program) in ["iptables", "ip6tables"].into_iter().enumerate() {
            let found = ports(program);
            let whole = known.iter().position(|known| known[family] == found);
            let whole = whole.unwrap_or_else(|| panic!("round {round}, {program}: {} rules of both sets", found.len()));
            *(if whole == next { &mut new } else { &mut old }) += 1;
        }
    }
    eprintln!("{kills} times killed: {old} old sets, {new} new ones, none mixed");
    let answer = call(&network, "firewall", &sets[0]).run().unwrap();
    assert_ne!(answer["failed"], json!(true), "{answer}");
    assert_eq!(["iptables", "ip6tables"].map(ports), known[0]);
}
