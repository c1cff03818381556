//! The crate `netfilter` against the kernel: changes by iptables-restore, each back end, each family.

#![allow(clippy::unwrap_used, clippy::panic)]

use netfilter::{Backend, Change, Desired, Error, Family, Jump, Names, Policy, Position, Rule, RuleSet, System};
use tests::Network;

const BACKENDS: [Backend; 2] = [Backend::Nft, Backend::Legacy];

fn rule(text: &str, family: Family) -> Rule {
    Rule::parse(text, family, &Names::default()).unwrap()
}

/// Two chains, a jump in INPUT, one in DOCKER-USER, and the policy of INPUT.
fn desired(family: Family, port: u16) -> Desired {
    let mut desired = Desired::nothing(family, "CDGP-");
    let filter = desired.table("filter");
    let rules = [
        "-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
        &format!("-p tcp --dport {port} -j CDGP-LOG"),
        "-j RETURN",
    ];
    filter.chains.insert("CDGP-INPUT".to_owned(), rules.iter().map(|text| rule(text, family)).collect());
    let log = rule("-m limit --limit 5/minute -j LOG --log-prefix 'no' --log-level info", family);
    filter.chains.insert("CDGP-LOG".to_owned(), vec![log, rule("-j DROP", family)]);
    for from in ["INPUT", "DOCKER-USER"] {
        let jump = Jump { from: from.to_owned(), position: Position::First, rule: Rule::jump("CDGP-INPUT") };
        filter.jumps.push(jump);
    }
    filter.policies.insert("INPUT".to_owned(), Policy::Drop);
    desired
}

/// The chains that are not ours, without counters.
fn others(set: &RuleSet) -> Vec<String> {
    let line = |line: &&str| !line.starts_with('#') && !line.contains("CDGP-") && !line.starts_with(":INPUT");
    set.to_string().lines().filter(line).map(|line| line.split(" [").next().unwrap().to_owned()).collect()
}

#[test]
fn changes_are_made_and_then_there_is_nothing_to_do() {
    let network = Network::new().unwrap();
    for backend in BACKENDS {
        for family in Family::ALL {
            let system = System::of(backend);
            let program = format!("{}-{}", family.program(), if backend == Backend::Nft { "nft" } else { "legacy" });
            let p = &program;
            network
                .shell(&format!(
                    "{p} -N DOCKER && {p} -N DOCKER-USER && {p} -A DOCKER-USER -j RETURN && {p} -A FORWARD -j DOCKER-USER \
                     && {p} -A INPUT -p tcp --dport 22 -m comment --comment \"it's \\\"ours\\\"\" -j ACCEPT \
                     && {p} -A INPUT -p udp -m multiport --dports 1:5,9 -j DOCKER"
                ))
                .unwrap();
            network
                .inside(|| {
                    let before = system.observe(family).unwrap();
                    for port in [80, 443] {
                        let desired = desired(family, port);
                        let observed = system.observe(family).unwrap();
                        let change = Change::between(&observed, &desired);
                        assert!(!change.is_empty());
                        system.test(&change).unwrap();
                        assert_eq!(
                            system.observe(family).unwrap().to_string(),
                            observed.to_string(),
                            "a test changed it"
                        );
                        system.apply(&change).unwrap();
                        let after = system.observe(family).unwrap();
                        let left = Change::between(&after, &desired);
                        assert!(left.is_empty(), "{backend:?} {family}: {:?}\n{after}", left.sentences());
                        let foretold = change.applied_to(&observed);
                        assert!(Change::between(&foretold, &desired).is_empty());
                        assert_eq!(others(&after), others(&before), "{backend:?} {family}");
                        let input = after.chain("filter", "INPUT").unwrap();
                        assert_eq!(input.policy, Some(Policy::Drop));
                        assert_eq!(input.rules[0].rule, Rule::jump("CDGP-INPUT"));
                        assert_eq!(input.rules.len(), 3);
                    }
                    let nothing = Desired::nothing(family, "CDGP-");
                    system.apply(&Change::between(&system.observe(family).unwrap(), &nothing)).unwrap();
                    let after = system.observe(family).unwrap();
                    assert_eq!(others(&after), others(&before));
                    assert!(!after.to_string().contains("CDGP-"), "{after}");
                })
                .unwrap();
        }
    }
}

#[test]
fn a_rule_that_the_kernel_refuses_is_named_and_nothing_changes() {
    let network = Network::new().unwrap();
    for backend in BACKENDS {
        let system = System::of(backend);
        network
            .inside(|| {
                let family = Family::V4;
                let mut desired = desired(family, 80);
                let rules = desired.table("filter").chains.get_mut("CDGP-INPUT").unwrap();
                rules.insert(2, rule("-p tcp -m nosuchmatch --a 1 -m comment --comment third -j DROP", family));
                let before = system.observe(family).unwrap();
                let change = Change::between(&before, &desired);
                for result in [system.test(&change), system.apply(&change)] {
                    let Err(Error::Refused { origin, why, .. }) = result else { panic!("{result:?}") };
                    assert_eq!(origin, "rule 3 of chain CDGP-INPUT of table filter (third)");
                    assert!(why.contains("nosuchmatch") && why.ends_with("or write the rule without it"), "{why}");
                }
                let after = system.observe(family).unwrap();
                assert!(!after.to_string().contains("CDGP-"), "{after}");
            })
            .unwrap();
    }
}

#[test]
fn rules_in_both_back_ends_are_refused() {
    let network = Network::new().unwrap();
    network.inside(|| System::detect(&Family::ALL).unwrap()).unwrap();
    network.shell("iptables-nft -A INPUT -p tcp --dport 1 -j ACCEPT").unwrap();
    network.inside(|| System::detect(&Family::ALL).unwrap()).unwrap();
    network.shell("iptables-legacy -t mangle -A PREROUTING -j ACCEPT").unwrap();
    let result = network.inside(|| System::detect(&Family::ALL)).unwrap();
    let Err(Error::Split { family: Family::V4, other, tables }) = result else { panic!("{result:?}") };
    assert_eq!((other.as_str(), tables), ("iptables-legacy", vec!["mangle".to_owned()]));
}
