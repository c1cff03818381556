//! `MARK` and `CONNMARK`.

use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::number;
use crate::word::Line;
use crate::{Invalid, Masked};

/// `-j MARK`: the bits of the mask are cleared, then the value is XORed in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MarkSet {
    /// `--set-xmark`
    pub xor: Masked,
}

impl Extension for MarkSet {
    const SYNTAX: Syntax = Syntax {
        name: "MARK",
        options: &[
            (&["--set-xmark"], 1),
            (&["--set-mark"], 1),
            (&["--and-mark"], 1),
            (&["--or-mark"], 1),
            (&["--xor-mark"], 1),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<MarkSet>, Invalid> {
        let xor = change(given)?.ok_or_else(|| needs("MARK", "`--set-mark` or `--set-xmark`"))?;
        Ok(Some(MarkSet { xor }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--set-xmark", full(self.xor));
    }
}

/// The ways to say it, as one.
fn change(given: &mut Given<'_>) -> Result<Option<Masked>, Invalid> {
    if let Some(xor) = given.value("--set-xmark", Masked::parse)? {
        return Ok(Some(xor));
    }
    if let Some(set) = given.value("--set-mark", Masked::parse)? {
        return Ok(Some(Masked { value: set.value, mask: set.mask | set.value }));
    }
    if let Some(and) = given.value("--and-mark", number::<u32>)? {
        return Ok(Some(Masked { value: 0, mask: !and }));
    }
    if let Some(or) = given.value("--or-mark", number)? {
        return Ok(Some(Masked { value: or, mask: or }));
    }
    Ok(given.value("--xor-mark", number)?.map(|value| Masked { value, mask: 0 }))
}

/// Always with its mask.
fn full(masked: Masked) -> String {
    format!("{:#x}/{:#x}", masked.value, masked.mask)
}

/// `-j CONNMARK`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnmarkSet {
    /// What is done.
    pub action: ConnmarkAction,
}

/// What is done with the connection's mark.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConnmarkAction {
    /// It is changed as [`MarkSet`] does.
    Set(Masked),
    /// The packet's mark is kept in it.
    Save {
        /// `--nfmask`
        packet: u32,
        /// `--ctmask`
        connection: u32,
    },
    /// It is given to the packet.
    Restore {
        /// `--nfmask`
        packet: u32,
        /// `--ctmask`
        connection: u32,
    },
}

impl Extension for ConnmarkSet {
    const SYNTAX: Syntax = Syntax {
        name: "CONNMARK",
        options: &[
            (&["--set-xmark"], 1),
            (&["--set-mark"], 1),
            (&["--and-mark"], 1),
            (&["--or-mark"], 1),
            (&["--xor-mark"], 1),
            (&["--save-mark"], 0),
            (&["--restore-mark"], 0),
            (&["--nfmask"], 1),
            (&["--ctmask"], 1),
            (&["--mask"], 1),
            (&["--left-shift-mark"], 1),
            (&["--right-shift-mark"], 1),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<ConnmarkSet>, Invalid> {
        if given.options.iter().any(|option| option.name.ends_with("-shift-mark")) {
            return Ok(None);
        }
        let (save, restore) = (given.flag("--save-mark")?, given.flag("--restore-mark")?);
        if !save && !restore {
            let set =
                change(given)?.ok_or_else(|| needs("CONNMARK", "`--set-mark`, `--save-mark` or `--restore-mark`"))?;
            return Ok(Some(ConnmarkSet { action: ConnmarkAction::Set(set) }));
        }
        let both = given.value("--mask", number)?;
        let packet = given.value("--nfmask", number)?.or(both).unwrap_or(u32::MAX);
        let connection = given.value("--ctmask", number)?.or(both).unwrap_or(u32::MAX);
        let action = if save {
            ConnmarkAction::Save { packet, connection }
        } else {
            ConnmarkAction::Restore { packet, connection }
        };
        Ok(Some(ConnmarkSet { action }))
    }

    fn write(&self, line: &mut Line) {
        let (name, packet, connection) = match self.action {
            ConnmarkAction::Set(xor) => return line.option(false, "--set-xmark", full(xor)),
            ConnmarkAction::Save { packet, connection } => ("--save-mark", packet, connection),
            ConnmarkAction::Restore { packet, connection } => ("--restore-mark", packet, connection),
        };
        line.flag(false, name);
        line.option(false, "--nfmask", format_args!("{packet:#x}"));
        line.option(false, "--ctmask", format_args!("{connection:#x}"));
    }
}
