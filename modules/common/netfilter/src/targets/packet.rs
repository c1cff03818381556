//! `TCPMSS`, `DSCP`, `TEE`: the packet itself changed, or copied.

use std::net::IpAddr;

use crate::Invalid;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::{decimal, number, single};
use crate::word::Line;

/// `-j TCPMSS`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TcpMss {
    /// `--set-mss`, in bytes.
    Set(u16),
    /// `--clamp-mss-to-pmtu`: as the way there allows.
    Clamp,
}

impl Extension for TcpMss {
    const SYNTAX: Syntax = Syntax { name: "TCPMSS", options: &[(&["--set-mss"], 1), (&["--clamp-mss-to-pmtu"], 0)] };

    fn read(given: &mut Given<'_>) -> Result<Option<TcpMss>, Invalid> {
        if given.flag("--clamp-mss-to-pmtu")? {
            return Ok(Some(TcpMss::Clamp));
        }
        let size = given.value("--set-mss", decimal)?;
        Ok(Some(TcpMss::Set(size.ok_or_else(|| needs("TCPMSS", "`--set-mss` or `--clamp-mss-to-pmtu`"))?)))
    }

    fn write(&self, line: &mut Line) {
        match self {
            TcpMss::Set(size) => line.option(false, "--set-mss", size),
            TcpMss::Clamp => line.flag(false, "--clamp-mss-to-pmtu"),
        }
    }
}

/// `-j DSCP`: the class of service, six bits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dscp {
    /// `--set-dscp`
    pub value: u8,
}

/// RFC 2474, RFC 2597, RFC 3246.
const CLASSES: [(&str, u8); 22] = [
    ("CS0", 0x00),
    ("CS1", 0x08),
    ("CS2", 0x10),
    ("CS3", 0x18),
    ("CS4", 0x20),
    ("CS5", 0x28),
    ("CS6", 0x30),
    ("CS7", 0x38),
    ("BE", 0x00),
    ("AF11", 0x0a),
    ("AF12", 0x0c),
    ("AF13", 0x0e),
    ("AF21", 0x12),
    ("AF22", 0x14),
    ("AF23", 0x16),
    ("AF31", 0x1a),
    ("AF32", 0x1c),
    ("AF33", 0x1e),
    ("AF41", 0x22),
    ("AF42", 0x24),
    ("AF43", 0x26),
    ("EF", 0x2e),
];

impl Extension for Dscp {
    const SYNTAX: Syntax = Syntax { name: "DSCP", options: &[(&["--set-dscp"], 1), (&["--set-dscp-class"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Dscp>, Invalid> {
        let value = given.value("--set-dscp", |text| match number::<u8>(text)? {
            value @ 0..=0x3f => Ok(value),
            value => Err(Invalid::new(format!("{value} is no class"), "write a number up to 63")),
        })?;
        let class = given.value("--set-dscp-class", |text| {
            let found = CLASSES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
            found
                .map(|(_, value)| *value)
                .ok_or_else(|| Invalid::new(format!("{text:?} is no class"), "write EF, BE, CS1, AF11 …"))
        })?;
        Ok(Some(Dscp { value: value.or(class).ok_or_else(|| needs("DSCP", "`--set-dscp` or `--set-dscp-class`"))? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--set-dscp", format_args!("{:#04x}", self.value));
    }
}

/// `-j TEE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tee {
    /// `--gateway`
    pub gateway: IpAddr,
    /// `--oif`
    pub out_interface: Option<String>,
}

impl Extension for Tee {
    const SYNTAX: Syntax = Syntax { name: "TEE", options: &[(&["--gateway"], 1), (&["--oif"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Tee>, Invalid> {
        let family = given.family;
        let gateway = given.value("--gateway", |text| single(text, family))?;
        Ok(Some(Tee {
            gateway: gateway.ok_or_else(|| needs("TEE", "`--gateway`"))?,
            out_interface: given.text("--oif")?,
        }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--gateway", self.gateway);
        if let Some(interface) = &self.out_interface {
            line.option(false, "--oif", interface);
        }
    }
}
