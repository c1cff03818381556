//! What people write and what the kernel prints are one rule; and what is printed is printed again to the byte.

#![allow(clippy::unwrap_used, clippy::panic)]

use netfilter::{Family, Names, Rule, RuleSet};

/// Printed texts that [`Rule`] spells otherwise, and why; they are kept as they are.
const OTHERWISE: &[&str] = &[];

fn pairs(family: Family) -> Vec<(&'static str, &'static str)> {
    let text = match family {
        Family::V4 => include_str!("corpus/spelling.v4"),
        Family::V6 => include_str!("corpus/spelling.v6"),
    };
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once(" => ").unwrap()).collect()
}

fn names() -> Names {
    Names::of_host()
}

#[test]
fn written_and_printed_are_one_rule() {
    let mut wrong = Vec::new();
    for family in Family::ALL {
        for (written, printed) in pairs(family) {
            let text = format!(
                "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT{}{printed}\nCOMMIT\n",
                if printed.is_empty() { "" } else { " " }
            );
            let set = RuleSet::parse(&text, family).unwrap();
            assert_eq!(set.to_string(), text);
            let saved = &set.tables[0].chains[0].rules[0];
            if !saved.is_canonical() && !OTHERWISE.contains(&printed) {
                wrong.push(format!("{printed}\n  is spelled {}", saved.rule));
            }
            match Rule::parse(written, family, &names()) {
                Ok(rule) if rule == saved.rule => {}
                Ok(rule) if !rule.is_typed() => println!("text: {written}"),
                Ok(rule) => wrong.push(format!("{written}\n  is {rule}\n  not {printed}")),
                Err(why) => wrong.push(format!("{written}\n  {why}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whole outputs, by `corpus/capture`: hosts with Docker, ufw, fail2ban and kube-proxy, each back end.
#[test]
fn whole_hosts_come_out_as_they_went_in() {
    let hosts = [
        (Family::V4, include_str!("corpus/host-nft.v4")),
        (Family::V4, include_str!("corpus/host-legacy.v4")),
        (Family::V6, include_str!("corpus/host-nft.v6")),
        (Family::V6, include_str!("corpus/host-legacy.v6")),
    ];
    for (family, text) in hosts {
        let set = RuleSet::parse(text, family).unwrap();
        assert_eq!(set.to_string(), text);
        let rules = set.tables.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.rules);
        let otherwise: Vec<String> =
            rules.filter(|rule| !rule.is_canonical()).map(|rule| format!("{rule} is spelled {}", rule.rule)).collect();
        assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
    }
}
