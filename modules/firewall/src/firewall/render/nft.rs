//! The same chains for nftables: one table for both families, whose chains are called by the hooks themselves.
//!
//! Lines are translated word by word; a word that is not known here is an error, never left out.
//! Source: nft(8), iptables-extensions(8).

use std::collections::BTreeMap;
use std::fmt::Write;

use ansible::Failure;

use super::{Line, Own};
use crate::firewall::declare::address::Family;

/// The longest comment that nftables keeps, with some room.
const LONGEST_COMMENT: usize = 120;

/// The hooks, each with the chain that it calls first. They come before those of others, Docker's among them, since a
/// refusal is final and an acceptance is not.
const HOOKS: [(&str, &str, &str); 5] = [
    ("input", "type filter hook input priority filter - 10; policy accept;", "INPUT"),
    ("forward", "type filter hook forward priority filter - 10; policy accept;", "FORWARD"),
    ("output", "type filter hook output priority filter - 10; policy accept;", "OUTPUT"),
    ("prerouting", "type nat hook prerouting priority dstnat - 10; policy accept;", "PREROUTING"),
    ("postrouting", "type nat hook postrouting priority srcnat - 10; policy accept;", "POSTROUTING"),
];

/// The table that does what `ipv4` and `ipv6` do.
///
/// # Errors
/// A line holds what has no translation.
pub fn table(name: &str, ipv4: &Own, ipv6: &Own) -> Result<String, Failure> {
    let mut chains: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut limits: BTreeMap<String, &str> = BTreeMap::new();
    let mut hooks: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (family, own) in [(Family::V4, ipv4), (Family::V6, ipv6)] {
        for table in own.tables.values() {
            for (chain, lines) in &table.chains {
                let rules = chains.entry(chain).or_default();
                for line in lines {
                    rules.push(rule(line, family, &mut limits)?);
                }
            }
            for (from, to) in &table.jumps {
                // What passes to and from containers is heard before what passes beside them.
                let hook = if from == "DOCKER-USER" { "FORWARD" } else { from };
                let call = format!("jump {to}");
                let calls = hooks.entry(hook).or_default();
                if !calls.contains(&call) {
                    calls.push(call);
                }
            }
        }
    }
    let mut text = format!("table {name} {{\n");
    for (own, kind) in [(ipv4, "ipv4_addr"), (ipv6, "ipv6_addr")] {
        for (set, nets) in &own.sets {
            let elements: Vec<String> = nets.iter().map(ToString::to_string).collect();
            let _ = writeln!(
                text,
                "  set {set} {{ type {kind}; flags interval; elements = {{ {} }}; }}",
                elements.join(", ")
            );
        }
    }
    for (set, kind) in &limits {
        let _ = writeln!(text, "  set {set} {{ type {kind}; size 65535; flags dynamic,timeout; timeout 1d; }}");
    }
    for (chain, rules) in &chains {
        let _ = writeln!(text, "  chain {chain} {{\n    {}\n  }}", rules.join("\n    "));
    }
    for (hook, head, from) in HOOKS {
        if let Some(calls) = hooks.get(from) {
            let _ = writeln!(text, "  chain {hook} {{\n    {head}\n    {}\n  }}", calls.join("\n    "));
        }
    }
    text.push_str("}\n");
    Ok(text)
}

/// One rule.
fn rule(line: &Line, family: Family, limits: &mut BTreeMap<String, &'static str>) -> Result<String, Failure> {
    let words = words(&line.spec);
    let mut words = words.iter().map(String::as_str).peekable();
    let (proto, ip, kind) = match family {
        Family::V4 => ("ipv4", "ip", "ipv4_addr"),
        Family::V6 => ("ipv6", "ip6", "ipv6_addr"),
    };
    let mut parts = vec![format!("meta nfproto {proto}")];
    let mut comment = None;
    let mut protocol = String::new();
    let mut hashlimit = HashLimit::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_default();
        let part = match word {
            "-s" => format!("{ip} saddr {}", value()),
            "-d" => format!("{ip} daddr {}", value()),
            "-i" => format!("iifname \"{}\"", value().replace('+', "*")),
            "-o" => format!("oifname \"{}\"", value().replace('+', "*")),
            "-p" => {
                value().clone_into(&mut protocol);
                let name = if protocol == "ipv6-icmp" { "icmpv6" } else { &protocol };
                format!("meta l4proto {name}")
            }
            "-m" => {
                value();
                continue;
            }
            "--dport" | "--dports" => format!("{protocol} dport {{ {} }}", value().replace(':', "-")),
            "--sport" | "--sports" => format!("{protocol} sport {{ {} }}", value().replace(':', "-")),
            "--icmp-type" => format!("icmp type {}", value()),
            "--icmpv6-type" => format!("icmpv6 type {}", value()),
            "--hl-eq" => format!("ip6 hoplimit {}", value()),
            "--ctstate" => match value() {
                "DNAT" => "ct status dnat".to_owned(),
                states => format!("ct state {{ {} }}", states.to_ascii_lowercase()),
            },
            "--ctorigdst" => format!("ct original {ip} daddr {}", value()),
            "--ctorigdstport" => format!("ct original proto-dst {}", value().replace(':', "-")),
            "--ctdir" => format!("ct direction {}", value().to_ascii_lowercase()),
            "--match-set" => {
                let set = value();
                format!("{ip} {} @{set}", if value() == "src" { "saddr" } else { "daddr" })
            }
            "--limit" => format!("limit rate {}", rate(value())),
            "--limit-burst" => format!("burst {} packets", value()),
            "--hashlimit-upto" => {
                hashlimit.rate = rate(value());
                continue;
            }
            "--hashlimit-burst" => {
                value().clone_into(&mut hashlimit.burst);
                continue;
            }
            "--hashlimit-mode" => {
                value();
                continue;
            }
            "--hashlimit-name" => {
                let set = format!("{}-{proto}", value());
                let HashLimit { rate, burst } = &hashlimit;
                let part = format!("update @{set} {{ {ip} saddr limit rate {rate} burst {burst} packets }}");
                limits.insert(set, kind);
                part
            }
            "--comment" => {
                comment = Some(short(value()));
                continue;
            }
            "-g" => format!("goto {}", value()),
            "-j" => match value() {
                "RETURN" => "return".to_owned(),
                "ACCEPT" => "accept".to_owned(),
                "DROP" => "drop".to_owned(),
                "MASQUERADE" => "masquerade".to_owned(),
                "REJECT" | "LOG" | "SNAT" | "DNAT" | "REDIRECT" => continue,
                other => return Err(unknown(line, other)),
            },
            "--reject-with" => match value() {
                "tcp-reset" => "reject with tcp reset".to_owned(),
                "icmp-port-unreachable" => "reject with icmp port-unreachable".to_owned(),
                "icmp6-port-unreachable" => "reject with icmpv6 port-unreachable".to_owned(),
                other => return Err(unknown(line, other)),
            },
            "--log-prefix" => format!("log prefix \"{}\"", value()),
            "--to-source" => format!("snat {ip} to {}", value()),
            "--to-destination" => format!("dnat {ip} to {}", value()),
            "--to-ports" => format!("redirect to :{}", value()),
            other => return Err(unknown(line, other)),
        };
        parts.push(part);
    }
    parts.extend(comment.map(|comment| format!("comment \"{comment}\"")));
    Ok(parts.join(" "))
}

#[derive(Default)]
struct HashLimit {
    rate: String,
    burst: String,
}

fn unknown(line: &Line, word: &str) -> Failure {
    let label = line.label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
    Failure::new(format!("{label}nftables has no {word} for `{}`: set `backend` to iptables", line.spec))
}

/// `10/min` is `10/minute`.
fn rate(rate: &str) -> String {
    rate.replace("/sec", "/second").replace("/min", "/minute")
}

/// What fits into a comment, which can hold no quote.
fn short(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().map(|c| if c == '"' { '\'' } else { c }) {
        if short.len() + c.len_utf8() > LONGEST_COMMENT {
            break;
        }
        short.push(c);
    }
    short
}

/// The words of a line; those in quotes are one.
fn words(spec: &str) -> Vec<String> {
    let (mut words, mut word, mut within, mut any) = (Vec::new(), String::new(), false, false);
    let mut chars = spec.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if within => word.extend(chars.next()),
            '"' => {
                within = !within;
                any = true;
            }
            ' ' if !within => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}
