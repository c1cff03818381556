//! Which rule decides about a packet: the rules as they are now, those of others too, followed as the kernel would.
//!
//! What can't be known from a packet alone (rates, sets, marks) is taken to match, and told.

use std::net::{IpAddr, UdpSocket};

use netfilter::{AddrType, CtDirection, CtState, Match, Policy, Protocol, RuleSet, Side, Target};

/// A packet that begins a connection.
#[derive(Clone, Debug)]
pub struct Packet {
    pub protocol: Protocol,
    pub from: IpAddr,
    pub source_port: u16,
    pub to: IpAddr,
    pub port: u16,
    pub input: Option<String>,
    pub output: Option<String>,
    /// Where the client sent it to, once it was translated.
    pub original: Option<(IpAddr, u16)>,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Passes,
    Dropped,
    Rejected,
}

/// The fate, and how it came to that.
#[derive(Debug)]
pub struct Explained {
    pub fate: Fate,
    /// The rules that matched, in order, each with its table, chain and number.
    pub steps: Vec<String>,
    /// What was taken to match without being known.
    pub taken: Vec<String>,
}

/// Follows a packet that comes in, or that a `local` process sends.
pub fn explain(rules: &RuleSet, mut packet: Packet, local: bool) -> Explained {
    let mut walk = Walk { rules, steps: Vec::new(), taken: Vec::new(), depth: 0 };
    let first = if local { "OUTPUT" } else { "PREROUTING" };
    let mut fate = Fate::Passes;
    for table in ["raw", "mangle"] {
        fate = walk.fate(fate, table, first, &packet);
    }
    if fate == Fate::Passes
        && let Some(Verdict::Translated(to, port)) = walk.built_in("nat", first, &packet)
    {
        packet.original = Some((packet.to, packet.port));
        packet.to = to.unwrap_or(packet.to);
        packet.port = port.unwrap_or(packet.port);
    }
    let own = is_own(packet.to);
    if !own && packet.output.is_none() {
        packet.output = interface_to(packet.to);
    }
    let then = match (local, own) {
        (true, _) => "OUTPUT",
        (false, true) => "INPUT",
        (false, false) => "FORWARD",
    };
    if !local {
        fate = walk.fate(fate, "mangle", then, &packet);
    }
    fate = walk.fate(fate, "filter", then, &packet);
    Explained { fate, steps: walk.steps, taken: walk.taken }
}

/// Only an address of the host's own can be bound to.
pub fn is_own(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// The interface by which the kernel would send there. Source: proc(5), `/proc/net/route`; for IPv6 `/proc/net/ipv6_route`.
pub fn interface_to(to: IpAddr) -> Option<String> {
    let mut best: Option<(u32, String)> = None;
    let mut offer = |prefix: u32, interface: &str| {
        if best.as_ref().is_none_or(|(longest, _)| prefix > *longest) {
            best = Some((prefix, interface.to_owned()));
        }
    };
    match to {
        IpAddr::V4(to) => {
            let text = std::fs::read_to_string("/proc/self/net/route").unwrap_or_default();
            for line in text.lines().skip(1) {
                let words: Vec<&str> = line.split_whitespace().collect();
                let number = |index: usize| u32::from_str_radix(words.get(index)?, 16).ok().map(u32::from_be);
                if let (Some(interface), Some(net), Some(mask)) = (words.first(), number(1), number(7))
                    && u32::from(to) & mask == net
                {
                    offer(mask.count_ones(), interface);
                }
            }
        }
        IpAddr::V6(to) => {
            let text = std::fs::read_to_string("/proc/self/net/ipv6_route").unwrap_or_default();
            for line in text.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                let net = words.first().and_then(|net| u128::from_str_radix(net, 16).ok());
                let prefix = words.get(1).and_then(|prefix| u32::from_str_radix(prefix, 16).ok());
                if let (Some(net), Some(prefix), Some(interface)) = (net, prefix, words.last()) {
                    let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
                    if u128::from(to) & mask == net && *interface != "lo" {
                        offer(prefix, interface);
                    }
                }
            }
        }
    }
    best.map(|(_, interface)| interface)
}

enum Verdict {
    Accept,
    Drop,
    Reject,
    /// Back to where the chain was called.
    Return,
    /// Another destination.
    Translated(Option<IpAddr>, Option<u16>),
}

struct Walk<'a> {
    rules: &'a RuleSet,
    steps: Vec<String>,
    taken: Vec<String>,
    depth: usize,
}

impl Walk<'_> {
    /// What has become of it once it has passed this chain, too.
    fn fate(&mut self, so_far: Fate, table: &str, chain: &str, packet: &Packet) -> Fate {
        if so_far != Fate::Passes {
            return so_far;
        }
        match self.built_in(table, chain, packet) {
            Some(Verdict::Drop) => Fate::Dropped,
            Some(Verdict::Reject) => Fate::Rejected,
            _ => Fate::Passes,
        }
    }

    /// Follows a chain that the kernel calls. `None`: there is none.
    fn built_in(&mut self, table: &str, name: &str, packet: &Packet) -> Option<Verdict> {
        let policy = self.rules.chain(table, name)?.policy;
        Some(match self.chain(table, name, packet) {
            Verdict::Return if policy == Some(Policy::Drop) => {
                self.steps.push(format!("{table} {name}: its policy is DROP"));
                Verdict::Drop
            }
            Verdict::Return => Verdict::Accept,
            verdict => verdict,
        })
    }

    fn chain(&mut self, table: &str, name: &str, packet: &Packet) -> Verdict {
        // The kernel refuses loops; a file that somebody else has printed need not.
        let Some(chain) = self.rules.chain(table, name).filter(|_| self.depth < 64) else { return Verdict::Return };
        for (index, saved) in chain.rules.iter().enumerate() {
            let rule = &saved.rule;
            let Some(target) = &rule.target else { continue };
            let Some(unknown) = matches(rule, packet) else { continue };
            let step = format!("{table} {name} rule {}: {saved}", index + 1);
            let verdict = match target {
                Target::Accept => Verdict::Accept,
                Target::Drop => Verdict::Drop,
                Target::Return => Verdict::Return,
                Target::Reject(_) => Verdict::Reject,
                Target::Dnat(dnat) => Verdict::Translated(dnat.to.first, dnat.to.ports.map(|ports| ports.first)),
                Target::Jump(to) | Target::Goto(to) => {
                    let mark = self.steps.len();
                    self.steps.push(step);
                    self.taken.extend(unknown);
                    self.depth += 1;
                    let verdict = self.chain(table, to, packet);
                    self.depth -= 1;
                    let gone = matches!(target, Target::Goto(_));
                    match verdict {
                        // It has come back: of no consequence, unless a rule said so.
                        Verdict::Return if !gone => {
                            if self.steps.len() == mark + 1 {
                                self.steps.truncate(mark);
                            }
                            continue;
                        }
                        verdict => return verdict,
                    }
                }
                // It is counted, marked, logged, and goes on.
                _ => continue,
            };
            self.steps.push(step);
            self.taken.extend(unknown);
            return verdict;
        }
        Verdict::Return
    }
}

/// Whether a rule matches a packet: `None` when not, else what of it can't be known.
fn matches(rule: &netfilter::Rule, packet: &Packet) -> Option<Vec<String>> {
    let interface = |test: &Option<netfilter::Test<netfilter::Interface>>, name: Option<&str>| {
        test.as_ref().is_none_or(|test| test.passes(|interface| name.is_some_and(|name| interface.matches(name))))
    };
    let fits = rule.source.as_ref().is_none_or(|test| test.passes(|net| net.contains(packet.from)))
        && rule.destination.as_ref().is_none_or(|test| test.passes(|net| net.contains(packet.to)))
        && interface(&rule.in_interface, packet.input.as_deref())
        && interface(&rule.out_interface, packet.output.as_deref())
        && rule.protocol.as_ref().is_none_or(|test| test.passes(|protocol| *protocol == packet.protocol))
        && rule.fragment.as_ref().is_none_or(|test| test.not);
    if !fits {
        return None;
    }
    let mut unknown = Vec::new();
    for one in &rule.matches {
        match known(one, packet) {
            Some(true) => {}
            Some(false) => return None,
            None => unknown.push(format!("{rule}")),
        }
    }
    unknown.dedup();
    Some(unknown)
}

/// Whether one match holds; `None`: a packet alone does not tell.
fn known(one: &Match, packet: &Packet) -> Option<bool> {
    let within = |ports: &netfilter::PortRange, port: u16| (ports.first..=ports.last).contains(&port);
    let source = |test: &Option<netfilter::Test<netfilter::PortRange>>| {
        test.as_ref().is_none_or(|test| test.passes(|ports| within(ports, packet.source_port)))
    };
    let destination = |test: &Option<netfilter::Test<netfilter::PortRange>>| {
        test.as_ref().is_none_or(|test| test.passes(|ports| within(ports, packet.port)))
    };
    Some(match one {
        Match::Comment(_) => true,
        Match::Tcp(tcp) => source(&tcp.source) && destination(&tcp.destination),
        Match::Udp(udp) => source(&udp.source) && destination(&udp.destination),
        Match::MultiPort(multi) => multi.ports.passes(|ports| {
            ports.iter().any(|ports| match multi.side {
                Side::Source => within(ports, packet.source_port),
                Side::Destination => within(ports, packet.port),
                Side::Either => within(ports, packet.source_port) || within(ports, packet.port),
            })
        }),
        Match::Icmp(_) | Match::Icmp6(_) => return None,
        Match::Conntrack(conntrack) => {
            let (to, port) = packet.original.unwrap_or((packet.to, packet.port));
            let translated = packet.original.is_some();
            conntrack.state.as_ref().is_none_or(|test| {
                test.passes(|states| states.contains(&CtState::New) || translated && states.contains(&CtState::Dnat))
            }) && conntrack.original_port.as_ref().is_none_or(|test| test.passes(|ports| within(ports, port)))
                && conntrack.original_destination.as_ref().is_none_or(|test| test.passes(|net| net.contains(to)))
                && conntrack.original_source.as_ref().is_none_or(|test| test.passes(|net| net.contains(packet.from)))
                && conntrack.direction.is_none_or(|direction| direction == CtDirection::Original)
        }
        Match::State(state) => state.state.passes(|states| states.contains(&CtState::New)),
        Match::AddrType(types) => {
            let local = |kinds: &std::collections::BTreeSet<AddrType>, address| {
                kinds.contains(&if is_own(address) { AddrType::Local } else { AddrType::Unicast })
            };
            types.source.as_ref().is_none_or(|test| test.passes(|kinds| local(kinds, packet.from)))
                && types.destination.as_ref().is_none_or(|test| test.passes(|kinds| local(kinds, packet.to)))
        }
        Match::IpRange(range) => {
            range.source.as_ref().is_none_or(|test| test.passes(|range| range.contains(packet.from)))
                && range.destination.as_ref().is_none_or(|test| test.passes(|range| range.contains(packet.to)))
        }
        _ => return None,
    })
}
