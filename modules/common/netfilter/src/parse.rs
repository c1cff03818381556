//! Reads a rule's words: those of iptables-save, and those that people write.
//!
//! Source: iptables(8) and iptables-extensions(8) of 1.8; getopt_long(3) for short and joined options.

use std::collections::VecDeque;

use crate::extension::{Given, Occurrence, OptionSyntax, Syntax};
use crate::rule::Interface;
use crate::word::Word;
use crate::{Family, Invalid, Match, Names, Net, Opaque, Protocol, Rule, Target, Test};

/// How strictly words are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As a person writes them: what is wrong is refused.
    Written,
    /// As iptables-save prints them: what is not known is kept as text.
    Saved,
}

/// Reads the words behind `-A CHAIN`.
pub(crate) fn rule(words: Vec<Word>, family: Family, names: &Names, mode: Mode) -> Result<Rule, Invalid> {
    let mut reader = Reader {
        words: words.into(),
        family,
        names,
        mode,
        rule: Rule::default(),
        extensions: Vec::new(),
        target: None,
        goto: None,
    };
    reader.read()?;
    reader.finish()
}

/// A match or target whose options are being gathered.
struct Gathered {
    name: String,
    is_target: bool,
    /// `None`: text.
    syntax: Option<&'static Syntax>,
    options: Vec<Occurrence>,
    words: Vec<Word>,
}

struct Reader<'a> {
    words: VecDeque<Word>,
    family: Family,
    names: &'a Names,
    mode: Mode,
    rule: Rule,
    extensions: Vec<Gathered>,
    target: Option<String>,
    goto: Option<String>,
}

/// The options of iptables itself: short, then long.
const OWN: &[OptionSyntax] = &[
    (&["-s", "--source", "--src"], 1),
    (&["-d", "--destination", "--dst"], 1),
    (&["-i", "--in-interface"], 1),
    (&["-o", "--out-interface"], 1),
    (&["-p", "--protocol"], 1),
    (&["-f", "--fragment", "--fragments"], 0),
    (&["-m", "--match"], 1),
    (&["-j", "--jump"], 1),
    (&["-g", "--goto"], 1),
    (&["-c", "--set-counters"], 2),
    (&["-w", "--wait"], 0),
];

/// The option of iptables itself that has this name; or, cut short, could only be meant by it.
fn own(name: &str, short: bool) -> Option<&'static OptionSyntax> {
    if !short {
        return OWN.iter().find(|(names, _)| names.contains(&name));
    }
    let begins = |(names, _): &&OptionSyntax| name.len() > 3 && names.iter().any(|full| full.starts_with(name));
    let mut found = OWN.iter().filter(begins);
    match (found.next(), found.next()) {
        (Some(option), None) => Some(option),
        _ => None,
    }
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Invalid> {
        let mut not = false;
        while let Some(word) = self.words.pop_front() {
            if word.text == "!" && !word.quoted {
                if not {
                    return Err(Invalid::new("two ! in a row", "write one, or none"));
                }
                not = true;
                continue;
            }
            if !word.is_option() {
                return Err(Invalid::new(
                    format!("{:?} stands alone", word.text),
                    "write an option before it; quote text that has spaces",
                ));
            }
            self.option(word, std::mem::take(&mut not))?;
        }
        if not { Err(Invalid::new("the rule ends with a !", "write what it negates behind it")) } else { Ok(()) }
    }

    fn option(&mut self, word: Word, not: bool) -> Result<(), Invalid> {
        let word = self.unjoined(word);
        let name = word.text.as_str();
        // A name in full goes before one that is cut short: `--proto` is `policy`'s, and `--protocol` where there is none.
        let exact = own(name, false);
        let known = if exact.is_none() { self.known(name, false).or_else(|| self.known(name, true)) } else { None };
        if let (Some((names, count)), None) = (exact.or_else(|| own(name, true)), known) {
            let values = self.values(name, *count)?;
            return self.own(names[0], not, &values);
        }
        if let Some((index, (names, count))) = known {
            let values = self.values(name, count)?;
            self.extensions[index].options.push(Occurrence { name: names[0], not, values: values.clone() });
            self.keep(index, not, &word, &values);
            return Ok(());
        }
        if self.implied(name) {
            return self.option(word, not);
        }
        let text = self.extensions.iter().rposition(|gathered| gathered.syntax.is_none());
        match (text, self.mode) {
            (Some(index), _) => {
                let values = self.until_option();
                self.keep(index, not, &word, &values);
                Ok(())
            }
            (None, _) => Err(self.unknown(name)),
        }
    }

    /// `--dport=22` and `-ptcp` as two words.
    fn unjoined(&mut self, word: Word) -> Word {
        let text = &word.text;
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, value),
            _ if !text.starts_with("--") && text.len() > 2 && text.is_char_boundary(2) => text.split_at(2),
            _ => return word,
        };
        self.words.push_front(Word { text: value.to_owned(), quoted: true });
        Word::plain(name)
    }

    /// The words that an option takes.
    fn values(&mut self, name: &str, count: usize) -> Result<Vec<String>, Invalid> {
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            match self.words.pop_front() {
                Some(word) if word.quoted || word.text != "!" => values.push(word.text),
                _ => return Err(Invalid::new(format!("`{name}` lacks its value"), "write it behind the option")),
            }
        }
        Ok(values)
    }

    /// All words up to the next option.
    fn until_option(&mut self) -> Vec<String> {
        let mut values = Vec::new();
        while self.words.front().is_some_and(|word| !word.is_option()) {
            values.extend(self.words.pop_front().map(|word| word.text));
        }
        values
    }

    /// Remembers the words themselves, for the case that they stay text.
    fn keep(&mut self, index: usize, not: bool, word: &Word, values: &[String]) {
        let kept = &mut self.extensions[index].words;
        if not {
            kept.push(Word::plain("!"));
        }
        kept.push(word.clone());
        kept.extend(values.iter().map(|value| Word::plain(value)));
    }

    /// Which extension takes the option: the last that knows it.
    fn known(&self, name: &str, short: bool) -> Option<(usize, OptionSyntax)> {
        let found = |(index, gathered): (usize, &Gathered)| Some((index, gathered.syntax?.option(name, short)?));
        self.extensions.iter().enumerate().rev().find_map(found)
    }

    /// Loads the match of the rule's protocol, when the option is its.
    fn implied(&mut self, option: &str) -> bool {
        let Some(Test { not: false, value: protocol }) = &self.rule.protocol else { return false };
        let name = match *protocol {
            Protocol::TCP => "tcp",
            Protocol::UDP => "udp",
            Protocol::ICMP => "icmp",
            Protocol::ICMPV6 => "icmp6",
            Protocol::SCTP => "sctp",
            Protocol::DCCP => "dccp",
            Protocol::ESP => "esp",
            Protocol(51) => "ah",
            _ => return false,
        };
        let syntax = Match::syntax(name);
        let takes = match syntax {
            Some(syntax) => syntax.option(option, false).or_else(|| syntax.option(option, true)).is_some(),
            // It has no type; if there is text already, that is likelier meant.
            None => self.extensions.iter().all(|gathered| gathered.syntax.is_some()),
        };
        if takes {
            self.extension(name, false, syntax);
        }
        takes
    }

    fn extension(&mut self, name: &str, is_target: bool, syntax: Option<&'static Syntax>) {
        self.extensions.push(Gathered {
            name: name.to_owned(),
            is_target,
            syntax,
            options: Vec::new(),
            words: Vec::new(),
        });
    }

    /// One of iptables' own options.
    fn own(&mut self, name: &str, not: bool, values: &[String]) -> Result<(), Invalid> {
        let value = values.first().map_or("", String::as_str);
        let interface = |value: &str| -> Result<Option<Test<Interface>>, Invalid> {
            let interface = Interface::new(value)?;
            Ok((value != "+" || not).then_some(Test { not, value: interface }))
        };
        match name {
            "-s" => self.rule.source = network(value, not, self.family)?,
            "-d" => self.rule.destination = network(value, not, self.family)?,
            "-i" => self.rule.in_interface = interface(value)?,
            "-o" => self.rule.out_interface = interface(value)?,
            "-p" => {
                let protocol = Protocol::parse(value, self.names)?;
                if not && protocol.is_none() {
                    return Err(Invalid::new("not any protocol: no packet is like that", "leave `! -p all` out"));
                }
                self.rule.protocol = protocol.map(|value| Test { not, value });
            }
            "-f" if self.family == Family::V6 => {
                return Err(Invalid::new("`-f` is of IPv4 only", "write `-m frag` in a rule of IPv6"));
            }
            "-f" => self.rule.fragment = Some(Test { not, value: () }),
            "-m" if not => {
                return Err(Invalid::new(format!("`! -m {value}`"), "negate an option of the match instead"));
            }
            "-m" => self.extension(value, false, Match::syntax(value)),
            "-j" | "-g" if not => return Err(Invalid::new(format!("`! {name}` has no meaning"), "leave the ! out")),
            "-j" | "-g" if self.target.is_some() || self.goto.is_some() => {
                return Err(Invalid::new("a rule has one target", "write two rules"));
            }
            "-j" => {
                self.target = Some(value.to_owned());
                let others = Target::syntax(value);
                if others.is_some() || matches!(Target::plain(value), Target::Other(_) | Target::Jump(_)) {
                    self.extension(value, true, others);
                }
            }
            "-g" => self.goto = Some(value.to_owned()),
            // Counters are no part of the rule, and waiting none of its text.
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Rule, Invalid> {
        let mut target = self.goto.take().map(Target::Goto);
        for gathered in std::mem::take(&mut self.extensions) {
            let mut given = Given { family: self.family, names: self.names, options: gathered.options };
            let text = || Opaque::new(&gathered.name, &gathered.words);
            if gathered.is_target {
                let read = Target::read(&gathered.name, &mut given)
                    .and_then(|found| if found.is_some() { given.finish().map(|()| found) } else { Ok(None) });
                target = Some(match read {
                    Ok(Some(found)) => found,
                    Err(why) if self.mode == Mode::Written => return Err(why),
                    Ok(None) | Err(_) if gathered.words.is_empty() => Target::plain(&gathered.name),
                    // A chain takes no options.
                    _ if self.mode == Mode::Written
                        && Target::plain(&gathered.name).chain().is_some()
                        && gathered.syntax.is_none() =>
                    {
                        return Err(self.unknown(&gathered.words[0].text));
                    }
                    Ok(None) | Err(_) => Target::Other(text()),
                });
                continue;
            }
            let read = Match::read(&gathered.name, &mut given)
                .and_then(|found| if found.is_some() { given.finish().map(|()| found) } else { Ok(None) });
            self.rule.matches.push(match read {
                Ok(Some(found)) => found,
                Err(why) if self.mode == Mode::Written => return Err(why),
                Ok(None) | Err(_) => Match::Other(text()),
            });
        }
        self.rule.target = target.or_else(|| self.target.as_deref().map(Target::plain));
        Ok(self.rule)
    }

    fn unknown(&self, name: &str) -> Invalid {
        let fix = match (name, self.rule.protocol.is_some()) {
            ("--dport" | "--sport" | "--destination-port" | "--source-port", false) => {
                "name the protocol before it, as `-p tcp`".to_owned()
            }
            ("--icmp-type" | "--icmpv6-type", _) => match self.family {
                Family::V4 => "in IPv4 write `-p icmp --icmp-type TYPE`".to_owned(),
                Family::V6 => "in IPv6 write `-p icmpv6 --icmpv6-type TYPE`".to_owned(),
            },
            _ => "look for it in iptables-extensions(8), and name its match by `-m` before it".to_owned(),
        };
        Invalid::new(format!("nothing in the rule knows the option `{name}`"), fix)
    }
}

/// A network; every address is no test, unless negated.
fn network(text: &str, not: bool, family: Family) -> Result<Option<Test<Net>>, Invalid> {
    let net = Net::parse(text, family)?;
    Ok((!net.is_all() || not).then_some(Test { not, value: net }))
}

impl Rule {
    /// Reads a rule as a person writes it behind `-A CHAIN`, one word an element.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn from_words<S: AsRef<str>>(words: &[S], family: Family, names: &Names) -> Result<Rule, Invalid> {
        let words = words.iter().map(|word| Word::plain(word.as_ref())).collect();
        rule(words, family, names, Mode::Written)
    }

    /// Reads a rule as a person writes it behind `-A CHAIN`, in one line; text with spaces stands in double quotes.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn parse(line: &str, family: Family, names: &Names) -> Result<Rule, Invalid> {
        rule(crate::word::split(line)?, family, names, Mode::Written)
    }
}
