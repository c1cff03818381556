//! What holds for every input: iptables-save's text comes out as it went in, rules survive printing, nothing panics.

#![allow(clippy::unwrap_used, clippy::panic)]

use netfilter::{Change, Desired, Family, Jump, Names, Policy, Position, Rule, RuleSet};
use proptest::prelude::*;

/// Lines of the corpus, for words that occur.
fn printed(family: Family) -> Vec<&'static str> {
    let text = match family {
        Family::V4 => include_str!("corpus/spelling.v4"),
        Family::V6 => include_str!("corpus/spelling.v6"),
    };
    text.lines().filter_map(|line| line.split_once(" => ")).map(|(_, printed)| printed).collect()
}

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::V4), Just(Family::V6)]
}

/// A rule's words as iptables-save could print them: real ones, cut and mixed.
fn words() -> impl Strategy<Value = (Family, String)> {
    family().prop_flat_map(|family| {
        let all: Vec<String> = printed(family).iter().flat_map(|line| line.split(' ')).map(str::to_owned).collect();
        let word = prop_oneof![8 => proptest::sample::select(all), 1 => "[!-~]{1,8}", 1 => "\"[ -~]{0,9}\""];
        let mixed = proptest::collection::vec(word, 0..12).prop_map(|words| words.join(" "));
        let whole = proptest::sample::select(printed(family)).prop_map(str::to_owned);
        prop_oneof![3 => mixed, 1 => whole].prop_map(move |words| (family, words))
    })
}

/// A rule that a person could declare, put together of parts that go together.
fn declared() -> impl Strategy<Value = String> {
    let source =
        prop_oneof![Just(String::new()), "-s 10\\.[0-9]{1,2}\\.0\\.0/(8|16|24) ", "! -s 192\\.0\\.2\\.[0-9]{1,2} "];
    let port = prop_oneof![
        Just("-p tcp ".to_owned()),
        "-p (tcp|udp) --dport [1-9][0-9]{0,3} ",
        "-p tcp -m multiport --dports [1-9][0-9]?,1[0-9]{2}:2[0-9]{2} "
    ];
    let state = prop_oneof![
        Just(""),
        Just("-m conntrack --ctstate ESTABLISHED,RELATED "),
        Just("-m conntrack --ctorigdstport 80 --ctdir ORIGINAL ")
    ];
    let rate = prop_oneof![Just(String::new()), "-m limit --limit [1-9][0-9]{0,2}/(sec|min|hour|day) "];
    let comment = prop_oneof![Just(String::new()), "-m comment --comment \"[a-z' ]{1,12}\" "];
    let target = prop_oneof![
        Just("-j ACCEPT"),
        Just("-j DROP"),
        Just("-j CDGP-B"),
        Just("-j LOG --log-prefix \"x y\""),
        Just("-j REJECT")
    ];
    (source, port, state, rate, comment, target).prop_map(|(source, port, state, rate, comment, target)| {
        format!("{source}{port}{state}{rate}{comment}{target}")
    })
}

fn read(text: &str) -> Rule {
    Rule::parse(text, Family::V4, &Names::default()).unwrap_or_else(|why| panic!("{text}: {why}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_comes_out_as_it_went_in((family, words) in words(), packets in any::<u64>(), counted in any::<bool>()) {
        let counters = if counted { format!("[{packets}:7] ") } else { String::new() };
        let space = if words.is_empty() { "" } else { " " };
        let text = format!("# head\n*filter\n:INPUT DROP [{packets}:0]\n:A-b_c - [0:0]\n{counters}-A INPUT{space}{words}\n-A A-b_c -j RETURN\nCOMMIT\n# tail\n");
        if let Ok(set) = RuleSet::parse(&text, family) {
            prop_assert_eq!(set.to_string(), text);
        }
    }

    #[test]
    fn nothing_panics(text in "\\PC{0,200}", lines in proptest::collection::vec("[*:\\[#A-Z -]{0,20}", 0..8)) {
        for family in Family::ALL {
            let _ = Rule::parse(&text, family, &Names::default());
            let _ = RuleSet::parse(&text, family);
            let _ = RuleSet::parse(&lines.join("\n"), family);
        }
    }

    #[test]
    fn a_rule_survives_printing(text in declared()) {
        let rule = read(&text);
        prop_assert!(rule.is_typed());
        prop_assert_eq!(&read(&rule.to_string()), &rule);
        let saved = format!("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {rule}\nCOMMIT\n");
        let set = RuleSet::parse(&saved, Family::V4).unwrap();
        prop_assert!(set.tables[0].chains[0].rules[0].is_canonical());
        prop_assert_eq!(&set.tables[0].chains[0].rules[0].rule, &rule);
    }

    #[test]
    fn a_change_leads_to_what_is_wanted_and_no_further(
        first in proptest::collection::vec(declared(), 0..6),
        second in proptest::collection::vec(declared(), 0..6),
        others in proptest::collection::vec(proptest::sample::select(vec!["-j DOCKER", "-i lo -j ACCEPT", "-j CDGP-A", "-j CDGP-GONE", "-j RETURN"]), 0..6),
        position in proptest::sample::select(vec![Position::First, Position::Last, Position::Anywhere, Position::Before(vec!["DOCKER".to_owned()])]),
    ) {
        let mut text = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [1:2]\n:CDGP-A - [0:0]\n:CDGP-GONE - [0:0]\n:DOCKER - [0:0]\n".to_owned();
        others.iter().for_each(|rule| text.push_str(&format!("-A FORWARD {rule}\n")));
        text.push_str("-A CDGP-GONE -j DROP\n-A DOCKER -j RETURN\nCOMMIT\n");
        let observed = RuleSet::parse(&text, Family::V4).unwrap();
        let mut desired = Desired::nothing(Family::V4, "CDGP-");
        let filter = desired.table("filter");
        filter.chains.insert("CDGP-A".to_owned(), first.iter().map(|text| read(text)).collect());
        filter.chains.insert("CDGP-B".to_owned(), second.iter().filter(|text| !text.contains("CDGP-B")).map(|text| read(text)).collect());
        filter.jumps.push(Jump { from: "FORWARD".to_owned(), position, rule: Rule::jump("CDGP-A") });
        filter.policies.insert("INPUT".to_owned(), Policy::Drop);
        let change = Change::between(&observed, &desired);
        let after = change.applied_to(&observed);
        prop_assert_eq!(Change::between(&after, &desired).sentences(), Vec::<String>::new());
        let foreign = |set: &RuleSet| {
            let chain = set.chain("filter", "FORWARD").unwrap();
            let rules = chain.rules.iter().map(ToString::to_string).filter(|rule| !rule.contains("CDGP-"));
            rules.collect::<Vec<_>>()
        };
        prop_assert_eq!(foreign(&after), foreign(&observed));
        prop_assert_eq!(after.chain("filter", "DOCKER"), observed.chain("filter", "DOCKER"));
        prop_assert_eq!(after.chain("filter", "FORWARD").unwrap().policy, Some(Policy::Drop));
    }
}
