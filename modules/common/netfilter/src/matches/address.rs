//! `addrtype`, `iprange`, `mac`: more about addresses.

use std::collections::BTreeSet;
use std::fmt;

use super::Listed;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::word::Line;
use crate::{AddressRange, Invalid, Test};

/// What kind of address it is to this host's routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum AddrType {
    Unspec,
    Unicast,
    Local,
    Broadcast,
    Anycast,
    Multicast,
    Blackhole,
    Unreachable,
    Prohibit,
    Throw,
    Nat,
    Xresolve,
}

impl Listed for AddrType {
    const ALL: &'static [(&'static str, AddrType)] = &[
        ("UNSPEC", AddrType::Unspec),
        ("UNICAST", AddrType::Unicast),
        ("LOCAL", AddrType::Local),
        ("BROADCAST", AddrType::Broadcast),
        ("ANYCAST", AddrType::Anycast),
        ("MULTICAST", AddrType::Multicast),
        ("BLACKHOLE", AddrType::Blackhole),
        ("UNREACHABLE", AddrType::Unreachable),
        ("PROHIBIT", AddrType::Prohibit),
        ("THROW", AddrType::Throw),
        ("NAT", AddrType::Nat),
        ("XRESOLVE", AddrType::Xresolve),
    ];
    const WHAT: &'static str = "type of address";
}

/// `-m addrtype`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddrTypes {
    /// `--src-type`
    pub source: Option<Test<BTreeSet<AddrType>>>,
    /// `--dst-type`
    pub destination: Option<Test<BTreeSet<AddrType>>>,
    /// `--limit-iface-in`: as the interface sees it that the packet came in by.
    pub of_in_interface: bool,
    /// `--limit-iface-out`
    pub of_out_interface: bool,
}

impl Extension for AddrTypes {
    const SYNTAX: Syntax = Syntax {
        name: "addrtype",
        options: &[(&["--src-type"], 1), (&["--dst-type"], 1), (&["--limit-iface-in"], 0), (&["--limit-iface-out"], 0)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<AddrTypes>, Invalid> {
        let found = AddrTypes {
            source: given.test("--src-type", AddrType::list)?,
            destination: given.test("--dst-type", AddrType::list)?,
            of_in_interface: given.flag("--limit-iface-in")?,
            of_out_interface: given.flag("--limit-iface-out")?,
        };
        if found.source.is_none() && found.destination.is_none() {
            return Err(needs("addrtype", "`--src-type` or `--dst-type`"));
        }
        Ok(Some(found))
    }

    fn write(&self, line: &mut Line) {
        for (name, test) in [("--src-type", &self.source), ("--dst-type", &self.destination)] {
            if let Some(Test { not, value }) = test {
                line.option(*not, name, AddrType::join(value));
            }
        }
        if self.of_in_interface {
            line.flag(false, "--limit-iface-in");
        }
        if self.of_out_interface {
            line.flag(false, "--limit-iface-out");
        }
    }
}

/// `-m iprange`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IpRange {
    /// `--src-range`
    pub source: Option<Test<AddressRange>>,
    /// `--dst-range`
    pub destination: Option<Test<AddressRange>>,
}

impl Extension for IpRange {
    const SYNTAX: Syntax = Syntax { name: "iprange", options: &[(&["--src-range"], 1), (&["--dst-range"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<IpRange>, Invalid> {
        let family = given.family;
        let found = IpRange {
            source: given.test("--src-range", |text| AddressRange::parse(text, family))?,
            destination: given.test("--dst-range", |text| AddressRange::parse(text, family))?,
        };
        if found == IpRange::default() {
            return Err(needs("iprange", "`--src-range` or `--dst-range`"));
        }
        Ok(Some(found))
    }

    fn write(&self, line: &mut Line) {
        for (name, test) in [("--src-range", &self.source), ("--dst-range", &self.destination)] {
            if let Some(Test { not, value }) = test {
                line.option(*not, name, value);
            }
        }
    }
}

/// `-m mac`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mac {
    /// `--mac-source`
    pub source: Test<[u8; 6]>,
}

impl Extension for Mac {
    const SYNTAX: Syntax = Syntax { name: "mac", options: &[(&["--mac-source"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Mac>, Invalid> {
        let source = given.test("--mac-source", |text| {
            let bytes: Option<Vec<u8>> = text.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
            bytes.and_then(|bytes| <[u8; 6]>::try_from(bytes).ok()).ok_or_else(|| {
                Invalid::new(format!("{text:?} is no hardware address"), "write it as 00:11:22:aa:bb:cc")
            })
        })?;
        Ok(Some(Mac { source: source.ok_or_else(|| needs("mac", "`--mac-source`"))? }))
    }

    fn write(&self, line: &mut Line) {
        struct Shown([u8; 6]);
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [a, b, c, d, e, g] = self.0;
                write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
            }
        }
        line.option(self.source.not, "--mac-source", Shown(self.source.value));
    }
}
