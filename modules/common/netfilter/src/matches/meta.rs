//! `comment`, `owner`, `policy`, `pkttype`, `length`, `ttl`, `hl`, `statistic`: the remaining ones with a type.

use std::net::IpAddr;

use super::Listed;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::{decimal, number};
use crate::word::Line;
use crate::{Invalid, Names, Net, Protocol, Span, Test};

/// `-m comment`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comment {
    /// `--comment`: at most 255 bytes.
    pub text: String,
}

/// The kernel's room for it.
const LONGEST_COMMENT: usize = 255;

impl Extension for Comment {
    const SYNTAX: Syntax = Syntax { name: "comment", options: &[(&["--comment"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Comment>, Invalid> {
        let text = given.text("--comment")?.ok_or_else(|| needs("comment", "`--comment`"))?;
        if text.len() > LONGEST_COMMENT {
            let what = format!("the comment has {} bytes", text.len());
            return Err(Invalid::new(what, format!("shorten it to {LONGEST_COMMENT}")));
        }
        Ok(Some(Comment { text }))
    }

    fn write(&self, line: &mut Line) {
        line.flag(false, "--comment");
        line.text(&self.text);
    }
}

/// `-m owner`: of packets that this host makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// `--socket-exists`
    pub socket: Option<Test<()>>,
    /// `--uid-owner`
    pub user: Option<Test<Span>>,
    /// `--gid-owner`
    pub group: Option<Test<Span>>,
    /// `--suppl-groups`: the group may be one of the supplementary ones.
    pub supplementary: bool,
}

impl Extension for Owner {
    const SYNTAX: Syntax = Syntax {
        name: "owner",
        options: &[(&["--socket-exists"], 0), (&["--uid-owner"], 1), (&["--gid-owner"], 1), (&["--suppl-groups"], 0)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Owner>, Invalid> {
        let names = given.names;
        let account = |text: &str, what: &str, find: &dyn Fn(&Names, &str) -> Option<u32>| match find(names, text) {
            Some(id) => Ok(Span { first: id, last: id }),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => Span::parse(text, '-'),
            None => {
                Err(Invalid::new(format!("this host has no {what} {text:?}"), "write a name that it has, or a number"))
            }
        };
        let found = Owner {
            socket: given.take("--socket-exists").map(|option| Test { not: option.not, value: () }),
            user: given.test("--uid-owner", |text| account(text, "user", &|names, text| names.user(text)))?,
            group: given.test("--gid-owner", |text| account(text, "group", &|names, text| names.group(text)))?,
            supplementary: given.flag("--suppl-groups")?,
        };
        if found == Owner::default() {
            return Err(needs("owner", "`--uid-owner`, `--gid-owner` or `--socket-exists`"));
        }
        Ok(Some(found))
    }

    fn write(&self, line: &mut Line) {
        if let Some(Test { not, .. }) = self.socket {
            line.flag(not, "--socket-exists");
        }
        for (name, test) in [("--uid-owner", &self.user), ("--gid-owner", &self.group)] {
            if let Some(Test { not, value }) = test {
                line.option(*not, name, value.with('-'));
            }
        }
        if self.supplementary {
            line.flag(false, "--suppl-groups");
        }
    }
}

/// `-m policy`: what IPsec does, or did, with the packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// On its way out; else in.
    pub out: bool,
    /// Whether IPsec has a hand in it.
    pub ipsec: bool,
    /// `--strict`: all elements, in their order.
    pub strict: bool,
    /// What each transformation is like.
    pub elements: Vec<PolicyElement>,
}

/// One transformation of IPsec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PolicyElement {
    /// `--reqid`
    pub request: Option<Test<u32>>,
    /// `--spi`
    pub spi: Option<Test<u32>>,
    /// `--proto`
    pub protocol: Option<Test<Protocol>>,
    /// `--mode`: whether it is a tunnel.
    pub tunnel: Option<Test<bool>>,
    /// `--tunnel-dst`
    pub destination: Option<Test<Net>>,
    /// `--tunnel-src`
    pub source: Option<Test<Net>>,
}

impl Extension for Policy {
    const SYNTAX: Syntax = Syntax {
        name: "policy",
        options: &[
            (&["--dir"], 1),
            (&["--pol"], 1),
            (&["--strict"], 0),
            (&["--reqid"], 1),
            (&["--spi"], 1),
            (&["--proto"], 1),
            (&["--mode"], 1),
            (&["--tunnel-dst"], 1),
            (&["--tunnel-src"], 1),
            (&["--next"], 0),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Policy>, Invalid> {
        let wrong = |text: &str, fix: &str| Invalid::new(format!("{text:?} is not to be had here"), fix);
        let out = given.value("--dir", |text| match text {
            "in" => Ok(false),
            "out" => Ok(true),
            _ => Err(wrong(text, "write in or out")),
        })?;
        let ipsec = given.value("--pol", |text| match text {
            "ipsec" => Ok(true),
            "none" => Ok(false),
            _ => Err(wrong(text, "write ipsec or none")),
        })?;
        let (Some(out), Some(ipsec)) = (out, ipsec) else {
            return Err(needs("policy", "`--dir` and `--pol`"));
        };
        let strict = given.flag("--strict")?;
        let (family, names) = (given.family, given.names);
        let mut elements = Vec::new();
        let mut rest = std::mem::take(&mut given.options);
        while !rest.is_empty() {
            let end = rest.iter().position(|option| option.name == "--next").unwrap_or(rest.len());
            let mut part = Given { family, names, options: rest.drain(..end).collect() };
            if !rest.is_empty() {
                rest.remove(0);
            }
            elements.push(PolicyElement {
                request: part.test("--reqid", decimal)?,
                spi: part.test("--spi", number)?,
                protocol: part.test("--proto", |text| {
                    Protocol::parse(text, names)?.ok_or_else(|| wrong(text, "write ah, esp or ipcomp"))
                })?,
                tunnel: part.test("--mode", |text| match text {
                    "tunnel" => Ok(true),
                    "transport" => Ok(false),
                    _ => Err(wrong(text, "write tunnel or transport")),
                })?,
                destination: part.test("--tunnel-dst", |text| Net::parse(text, family))?,
                source: part.test("--tunnel-src", |text| Net::parse(text, family))?,
            });
            part.finish()?;
        }
        Ok(Some(Policy { out, ipsec, strict, elements }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--dir", if self.out { "out" } else { "in" });
        line.option(false, "--pol", if self.ipsec { "ipsec" } else { "none" });
        if self.strict {
            line.flag(false, "--strict");
        }
        for (index, element) in self.elements.iter().enumerate() {
            if index > 0 {
                line.flag(false, "--next");
            }
            if let Some(Test { not, value }) = &element.request {
                line.option(*not, "--reqid", value);
            }
            if let Some(Test { not, value }) = &element.spi {
                line.option(*not, "--spi", format_args!("{value:#x}"));
            }
            if let Some(Test { not, value }) = &element.protocol {
                line.option(*not, "--proto", value);
            }
            if let Some(Test { not, value }) = &element.tunnel {
                line.option(*not, "--mode", if *value { "tunnel" } else { "transport" });
            }
            for (name, test) in [("--tunnel-dst", &element.destination), ("--tunnel-src", &element.source)] {
                if let Some(Test { not, value }) = test {
                    line.option(*not, name, value.short());
                }
            }
        }
    }
}

/// To whom the link layer says that a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum PacketKind {
    Unicast,
    Broadcast,
    Multicast,
}

impl Listed for PacketKind {
    const ALL: &'static [(&'static str, PacketKind)] = &[
        ("unicast", PacketKind::Unicast),
        ("broadcast", PacketKind::Broadcast),
        ("multicast", PacketKind::Multicast),
        ("host", PacketKind::Unicast),
    ];
    const WHAT: &'static str = "type of packet";
}

/// `-m pkttype`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PktType {
    /// `--pkt-type`
    pub kind: Test<PacketKind>,
}

impl Extension for PktType {
    const SYNTAX: Syntax = Syntax { name: "pkttype", options: &[(&["--pkt-type"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<PktType>, Invalid> {
        let kind = given.test("--pkt-type", PacketKind::one)?;
        Ok(Some(PktType { kind: kind.ok_or_else(|| needs("pkttype", "`--pkt-type`"))? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(self.kind.not, "--pkt-type", self.kind.value.name());
    }
}

/// `-m length`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Length {
    /// `--length`, in bytes.
    pub bytes: Test<Span>,
}

impl Extension for Length {
    const SYNTAX: Syntax = Syntax { name: "length", options: &[(&["--length"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Length>, Invalid> {
        let bytes = given.test("--length", |text| match text.split_once(':') {
            Some((first, "")) => Span::parse(&format!("{first}:65535"), ':'),
            Some(("", last)) => Span::parse(&format!("0:{last}"), ':'),
            _ => Span::parse(text, ':'),
        })?;
        Ok(Some(Length { bytes: bytes.ok_or_else(|| needs("length", "`--length`"))? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(self.bytes.not, "--length", self.bytes.value.with(':'));
    }
}

/// How a number compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// It is this one.
    Equal {
        /// `!`: any but this one.
        not: bool,
    },
    /// It is less.
    Less,
    /// It is greater.
    Greater,
}

/// `-m ttl`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ttl {
    /// How it compares.
    pub bound: Bound,
    /// With what.
    pub hops: u8,
}

/// `-m hl`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HopLimit {
    /// How it compares.
    pub bound: Bound,
    /// With what.
    pub hops: u8,
}

fn bound(given: &mut Given<'_>, name: &str) -> Result<(Bound, u8), Invalid> {
    if let Some(test) = given.test(&format!("--{name}-eq"), decimal)? {
        return Ok((Bound::Equal { not: test.not }, test.value));
    }
    if let Some(hops) = given.value(&format!("--{name}-lt"), decimal)? {
        return Ok((Bound::Less, hops));
    }
    let hops = given.value(&format!("--{name}-gt"), decimal)?;
    Ok((Bound::Greater, hops.ok_or_else(|| needs(name, &format!("`--{name}-eq`, `--{name}-lt` or `--{name}-gt`")))?))
}

fn write_bound(line: &mut Line, name: &str, bound: Bound, hops: u8) {
    let (not, sign) = match bound {
        Bound::Equal { not } => (not, "eq"),
        Bound::Less => (false, "lt"),
        Bound::Greater => (false, "gt"),
    };
    line.option(not, &format!("--{name}-{sign}"), hops);
}

impl Extension for Ttl {
    const SYNTAX: Syntax =
        Syntax { name: "ttl", options: &[(&["--ttl-eq", "--ttl"], 1), (&["--ttl-lt"], 1), (&["--ttl-gt"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Ttl>, Invalid> {
        bound(given, "ttl").map(|(bound, hops)| Some(Ttl { bound, hops }))
    }

    fn write(&self, line: &mut Line) {
        write_bound(line, "ttl", self.bound, self.hops);
    }
}

impl Extension for HopLimit {
    const SYNTAX: Syntax = Syntax { name: "hl", options: &[(&["--hl-eq"], 1), (&["--hl-lt"], 1), (&["--hl-gt"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<HopLimit>, Invalid> {
        bound(given, "hl").map(|(bound, hops)| Some(HopLimit { bound, hops }))
    }

    fn write(&self, line: &mut Line) {
        write_bound(line, "hl", self.bound, self.hops);
    }
}

/// `-m statistic`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// By chance.
    Random(Random),
    /// Every so many packets.
    Nth(Nth),
}

/// `--mode random`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Random {
    /// How likely, in parts of 2^31.
    pub probability: Test<u32>,
}

/// `--mode nth`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nth {
    /// Of how many packets one is meant.
    pub every: Test<u32>,
    /// Which of them, from 0.
    pub packet: u32,
}

const CERTAIN: f64 = 2_147_483_648.0;

impl Extension for Statistic {
    const SYNTAX: Syntax = Syntax {
        name: "statistic",
        options: &[(&["--mode"], 1), (&["--probability"], 1), (&["--every"], 1), (&["--packet"], 1)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Statistic>, Invalid> {
        let mode = given.text("--mode")?;
        match mode.as_deref() {
            Some("random") => {
                let probability = given.test("--probability", |text| match text.parse::<f64>() {
                    Ok(share) if (0.0..=1.0).contains(&share) => Ok((share * CERTAIN).round() as u32),
                    _ => Err(Invalid::new(format!("{text:?} is no probability"), "write a number from 0 to 1")),
                })?;
                let probability = probability.ok_or_else(|| needs("statistic", "`--probability`"))?;
                Ok(Some(Statistic::Random(Random { probability })))
            }
            Some("nth") => {
                let every = given.test("--every", decimal)?.ok_or_else(|| needs("statistic", "`--every`"))?;
                Ok(Some(Statistic::Nth(Nth { every, packet: given.value("--packet", decimal)?.unwrap_or(0) })))
            }
            _ => Err(needs("statistic", "`--mode random` or `--mode nth`")),
        }
    }

    fn write(&self, line: &mut Line) {
        match self {
            Statistic::Random(Random { probability: Test { not, value } }) => {
                line.option(false, "--mode", "random");
                line.option(*not, "--probability", format_args!("{:.11}", f64::from(*value) / CERTAIN));
            }
            Statistic::Nth(Nth { every: Test { not, value }, packet }) => {
                line.option(false, "--mode", "nth");
                line.option(*not, "--every", value);
                line.option(false, "--packet", packet);
            }
        }
    }
}

/// Kept apart from the options' types: an address that stands alone.
pub(crate) fn address(text: &str, family: crate::Family) -> Result<IpAddr, Invalid> {
    let net = Net::parse(text, family)?;
    if net.is_host() {
        Ok(net.address())
    } else {
        Err(Invalid::new(format!("{text} is a network"), "give one address"))
    }
}
