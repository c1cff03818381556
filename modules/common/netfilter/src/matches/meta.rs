//! `comment`, `pkttype`, `length`: small ones.

use super::Listed;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::word::Line;
use crate::{Invalid, Span, Test};

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
