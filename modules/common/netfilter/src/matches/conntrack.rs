//! `conntrack` and `state`: what the connection tracking knows of a packet's connection.

use std::collections::BTreeSet;

use super::Listed;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::word::Line;
use crate::{Invalid, Net, PortRange, Protocol, Span, Test};

/// A state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CtState {
    /// Belongs to no connection that there can be.
    Invalid,
    /// Begins one.
    New,
    /// Begins one that another asked for, or is an error about one.
    Related,
    /// Of one that has seen packets both ways.
    Established,
    /// Not tracked at all.
    Untracked,
    /// Its source was rewritten.
    Snat,
    /// Its destination was rewritten.
    Dnat,
}

impl Listed for CtState {
    const ALL: &'static [(&'static str, CtState)] = &[
        ("INVALID", CtState::Invalid),
        ("NEW", CtState::New),
        ("RELATED", CtState::Related),
        ("ESTABLISHED", CtState::Established),
        ("UNTRACKED", CtState::Untracked),
        ("SNAT", CtState::Snat),
        ("DNAT", CtState::Dnat),
    ];
    const WHAT: &'static str = "connection state";
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CtStatus {
    /// Another connection asked for it.
    Expected,
    /// Packets went both ways.
    SeenReply,
    /// It will not be dropped early.
    Assured,
    /// Its first packet has left.
    Confirmed,
    /// None of these.
    None,
}

impl Listed for CtStatus {
    const ALL: &'static [(&'static str, CtStatus)] = &[
        ("EXPECTED", CtStatus::Expected),
        ("SEEN_REPLY", CtStatus::SeenReply),
        ("ASSURED", CtStatus::Assured),
        ("CONFIRMED", CtStatus::Confirmed),
        ("NONE", CtStatus::None),
    ];
    const WHAT: &'static str = "connection status";
}

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CtDirection {
    /// The way of the first packet.
    Original,
    /// The way back.
    Reply,
}

/// `-m conntrack`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Conntrack {
    /// `--ctstate`
    pub state: Option<Test<BTreeSet<CtState>>>,
    /// `--ctproto`
    pub protocol: Option<Test<Protocol>>,
    /// `--ctorigsrc`
    pub original_source: Option<Test<Net>>,
    /// `--ctorigdst`
    pub original_destination: Option<Test<Net>>,
    /// `--ctreplsrc`
    pub reply_source: Option<Test<Net>>,
    /// `--ctrepldst`
    pub reply_destination: Option<Test<Net>>,
    /// `--ctorigsrcport`
    pub original_source_port: Option<Test<PortRange>>,
    /// `--ctorigdstport`: the port that the client asked for, before any rewriting.
    pub original_port: Option<Test<PortRange>>,
    /// `--ctreplsrcport`
    pub reply_source_port: Option<Test<PortRange>>,
    /// `--ctrepldstport`
    pub reply_port: Option<Test<PortRange>>,
    /// `--ctstatus`
    pub status: Option<Test<BTreeSet<CtStatus>>>,
    /// `--ctexpire`, in seconds.
    pub expire: Option<Test<Span>>,
    /// `--ctdir`
    pub direction: Option<CtDirection>,
}

impl Conntrack {
    /// `--ctstate` of these.
    pub fn state(states: impl IntoIterator<Item = CtState>) -> Conntrack {
        Conntrack { state: Some(Test::is(states.into_iter().collect())), ..Conntrack::default() }
    }
}

impl Extension for Conntrack {
    const SYNTAX: Syntax = Syntax {
        name: "conntrack",
        options: &[
            (&["--ctstate"], 1),
            (&["--ctproto"], 1),
            (&["--ctorigsrc"], 1),
            (&["--ctorigdst"], 1),
            (&["--ctreplsrc"], 1),
            (&["--ctrepldst"], 1),
            (&["--ctorigsrcport"], 1),
            (&["--ctorigdstport"], 1),
            (&["--ctreplsrcport"], 1),
            (&["--ctrepldstport"], 1),
            (&["--ctstatus"], 1),
            (&["--ctexpire"], 1),
            (&["--ctdir"], 1),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Conntrack>, Invalid> {
        let (family, names) = (given.family, given.names);
        let net = |text: &str| Net::parse(text, family);
        let port = |text: &str| PortRange::parse(text, names);
        let found = Conntrack {
            state: given.test("--ctstate", CtState::list)?,
            protocol: given.test("--ctproto", |text| {
                Protocol::parse(text, names)?.ok_or_else(|| Invalid::new("any protocol is no test", "leave it out"))
            })?,
            original_source: given.test("--ctorigsrc", net)?,
            original_destination: given.test("--ctorigdst", net)?,
            reply_source: given.test("--ctreplsrc", net)?,
            reply_destination: given.test("--ctrepldst", net)?,
            original_source_port: given.test("--ctorigsrcport", port)?,
            original_port: given.test("--ctorigdstport", port)?,
            reply_source_port: given.test("--ctreplsrcport", port)?,
            reply_port: given.test("--ctrepldstport", port)?,
            status: given.test("--ctstatus", CtStatus::list)?,
            expire: given.test("--ctexpire", |text| Span::parse(text, ':'))?,
            direction: given.value("--ctdir", |text| match text.to_ascii_uppercase().as_str() {
                "ORIGINAL" => Ok(CtDirection::Original),
                "REPLY" => Ok(CtDirection::Reply),
                _ => Err(Invalid::new(format!("{text:?} is no direction"), "write ORIGINAL or REPLY")),
            })?,
        };
        if found == Conntrack::default() {
            return Err(needs("conntrack", "`--ctstate` or another of its options"));
        }
        Ok(Some(found))
    }

    fn write(&self, line: &mut Line) {
        let mut option = |test: Option<(bool, String)>, name| {
            if let Some((not, value)) = test {
                line.option(not, name, value);
            }
        };
        let net = |test: &Option<Test<Net>>| test.as_ref().map(|test| (test.not, test.value.short().to_string()));
        let port = |test: &Option<Test<PortRange>>| test.as_ref().map(|test| (test.not, test.value.to_string()));
        option(self.state.as_ref().map(|test| (test.not, CtState::join(&test.value))), "--ctstate");
        option(self.protocol.as_ref().map(|test| (test.not, test.value.0.to_string())), "--ctproto");
        option(net(&self.original_source), "--ctorigsrc");
        option(net(&self.original_destination), "--ctorigdst");
        option(net(&self.reply_source), "--ctreplsrc");
        option(net(&self.reply_destination), "--ctrepldst");
        option(port(&self.original_source_port), "--ctorigsrcport");
        option(port(&self.original_port), "--ctorigdstport");
        option(port(&self.reply_source_port), "--ctreplsrcport");
        option(port(&self.reply_port), "--ctrepldstport");
        option(self.status.as_ref().map(|test| (test.not, CtStatus::join(&test.value))), "--ctstatus");
        option(self.expire.as_ref().map(|test| (test.not, test.value.with(':').to_string())), "--ctexpire");
        let direction = match self.direction {
            None => return,
            Some(CtDirection::Original) => "ORIGINAL",
            Some(CtDirection::Reply) => "REPLY",
        };
        line.option(false, "--ctdir", direction);
    }
}

/// `-m state`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// `--state`
    pub state: Test<BTreeSet<CtState>>,
}

impl Extension for State {
    const SYNTAX: Syntax = Syntax { name: "state", options: &[(&["--state"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<State>, Invalid> {
        let state = given.test("--state", CtState::list)?;
        Ok(Some(State { state: state.ok_or_else(|| needs("state", "`--state`"))? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(self.state.not, "--state", CtState::join(&self.state.value));
    }
}
