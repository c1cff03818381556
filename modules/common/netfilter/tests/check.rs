//! What can't work is found before anything is changed, and the message says how to mend it.

#![allow(clippy::unwrap_used, clippy::panic)]

use netfilter::{Desired, Family, Jump, Names, Position, Rule};

fn problems(family: Family, table: &str, rule: &str) -> Vec<String> {
    let mut desired = Desired::nothing(family, "CDGP-");
    let rules = vec![Rule::jump("RETURN-NOT"), Rule::parse(rule, family, &Names::default()).unwrap()];
    desired.table(table).chains.insert("CDGP-A".to_owned(), rules);
    desired.check().iter().map(ToString::to_string).collect()
}

#[test]
fn rules_that_cannot_work() {
    let cases = [
        (Family::V4, "filter", "-m multiport --dports 22 -j ACCEPT", "ports of no protocol: add `-p tcp`"),
        (Family::V4, "filter", "-j REJECT --reject-with tcp-reset", "only TCP can be reset: add `-p tcp`"),
        (Family::V4, "mangle", "-j REJECT", "REJECT is for the table filter only"),
        (Family::V4, "filter", "-j MASQUERADE", "addresses are rewritten in the table nat only"),
        (Family::V4, "nat", "-j DROP", "the table nat sees first packets only"),
        (Family::V4, "filter", "-j CDGP-GONE", "it leads to the chain CDGP-GONE, which is not declared"),
        (Family::V4, "filter", "-j INPUT", "no rule leads to a built-in chain"),
        (Family::V6, "filter", "-p icmpv6 -m icmp --icmp-type 8 -j ACCEPT", "ICMP of IPv4 in a rule of IPv6"),
    ];
    for (family, table, rule, expected) in cases {
        let found = problems(family, table, rule);
        let [problem] = found.as_slice() else { panic!("{rule}: {found:?}") };
        assert!(problem.starts_with(&format!("rule 2 of chain CDGP-A of table {table} ({family}): ")), "{problem}");
        assert!(problem.contains(expected), "{problem}");
    }
    assert_eq!(problems(Family::V4, "filter", "-p tcp -m multiport --dports 22 -j ACCEPT"), Vec::<String>::new());
}

#[test]
fn chains_and_jumps_that_cannot_work() {
    let mut desired = Desired::nothing(Family::V4, "CDGP-");
    let filter = desired.table("filter");
    filter.chains.insert("CDGP-A".to_owned(), vec![Rule::jump("CDGP-B")]);
    filter.chains.insert("CDGP-B".to_owned(), vec![Rule::jump("CDGP-A")]);
    filter.chains.insert("OTHER".to_owned(), Vec::new());
    filter.chains.insert(format!("CDGP-{}", "X".repeat(24)), Vec::new());
    filter.jumps.push(Jump { from: "INPUT".to_owned(), position: Position::First, rule: Rule::jump("DOCKER") });
    let found: Vec<String> = desired.check().iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 5, "{found:#?}");
    for expected in ["leads back to itself", "none of ours", "at most 28 bytes", "it leads to no chain of ours"] {
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: {found:#?}");
    }
}

#[test]
fn what_people_write_wrongly() {
    let cases = [
        (Family::V4, "-s 10.0.0.0/33 -j DROP", "a prefix of IPv4 has at most 32 bits: write 10.0.0.0/32"),
        (Family::V4, "-s 2001:db8::1 -j DROP", "2001:db8::1 is no address of IPv4"),
        (Family::V6, "-d 192.0.2.1 -j DROP", "192.0.2.1 is no address of IPv6"),
        (Family::V4, "-s example.com -j DROP", "names are not resolved here"),
        (Family::V4, "--dport 22 -j DROP", "name the protocol before it, as `-p tcp`"),
        (Family::V4, "-p tcp --dport 1-5 -j DROP", "write a range as 1:5"),
        (Family::V4, "-p tcp --dport 9:5 -j DROP", "write 5:9"),
        (Family::V4, "-p tcp --dport nosuch -j DROP", "\"nosuch\" is no port"),
        (Family::V4, "-p tcp --dport 22 --dport 23", "`--dport` is given twice"),
        (Family::V4, "-p nosuch -j DROP", "\"nosuch\" is no protocol"),
        (Family::V4, "-m conntrack --ctstate NEWISH", "write one of INVALID, NEW, RELATED"),
        (Family::V4, "-m limit --limit often", "write a number and its unit"),
        (Family::V4, "-m limit --limit 0/s", "nothing would ever pass"),
        (Family::V4, "-j ACCEPT -j DROP", "a rule has one target: write two rules"),
        (Family::V4, "-j LOG --log-prefix 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'", "write one line of at most 29"),
        (Family::V4, "-m comment --comment \"not closed", "the quote in"),
        (Family::V4, "-i much-too-long-for-it", "is too long for an interface"),
        (Family::V4, "-j CHAIN --bogus 5", "nothing in the rule knows the option `--bogus`"),
        (Family::V4, "-p tcp !", "the rule ends with a !"),
        (Family::V4, "tcp", "\"tcp\" stands alone"),
        (Family::V4, "-p", "`-p` lacks its value"),
        (Family::V6, "-f", "`-f` is of IPv4 only"),
        (Family::V6, "-j REJECT --reject-with icmp-port-unreachable", "is no answer that IPv6 has"),
        (Family::V4, "-m owner --uid-owner nosuchuser", "this host has no user \"nosuchuser\""),
        (Family::V4, "-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "a rule holds 15"),
    ];
    for (family, rule, expected) in cases {
        let why = Rule::parse(rule, family, &Names::default())
            .map_or_else(|why| why.to_string(), |rule| format!("is taken: {rule}"));
        assert!(why.contains(expected), "{rule}: {why}");
    }
}
