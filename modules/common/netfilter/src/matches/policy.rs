//! `policy`: IPsec.

use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::{decimal, number};
use crate::word::Line;
use crate::{Invalid, Net, Protocol, Test};

/// `-m policy`: what IPsec does, or did, with the packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IpsecPolicy {
    /// On its way out; else in.
    pub out: bool,
    /// Whether IPsec has a hand in it.
    pub ipsec: bool,
    /// `--strict`: all elements, in their order.
    pub strict: bool,
    /// What each transformation is like.
    pub elements: Vec<IpsecElement>,
}

/// One transformation of IPsec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IpsecElement {
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

impl Extension for IpsecPolicy {
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

    fn read(given: &mut Given<'_>) -> Result<Option<IpsecPolicy>, Invalid> {
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
            elements.push(IpsecElement {
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
        Ok(Some(IpsecPolicy { out, ipsec, strict, elements }))
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
