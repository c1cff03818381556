//! Python's regular expressions: patterns as users of `regexp` know them, on bytes, as Ansible applies them.
//!
//! Source: the documentation of Python's `re`; held against Ansible by the differential test of `host_file`.

use fancy_regex::{Captures, Regex};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// What a pattern found in a line.
#[derive(Debug)]
pub struct Match {
    /// The groups by number; `None` where one took no part.
    groups: Vec<Option<Vec<u8>>>,
    names: Vec<(String, usize)>,
}

impl Pattern {
    /// Compiles what a user wrote.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(written: &str) -> Result<Pattern, String> {
        match Regex::new(&translated(&as_chars(written.as_bytes()))) {
            Ok(regex) => Ok(Pattern(regex)),
            Err(error) => Err(format!("{written:?} is no regular expression: {error}")),
        }
    }

    /// The first match in a line, which is given without its end. A pattern that backtracks without end finds nothing.
    pub fn find(&self, line: &[u8]) -> Option<Match> {
        let text = as_chars(line);
        let found = self.0.captures(&text).ok()??;
        Some(Match { groups: groups(&found), names: self.names() })
    }

    /// Whether the pattern is anywhere in a line.
    pub fn fits(&self, line: &[u8]) -> bool {
        self.0.is_match(&as_chars(line)).unwrap_or(false)
    }

    /// Where the pattern's matches in a text end; for patterns that span lines.
    pub fn ends(&self, text: &[u8]) -> Option<(usize, usize)> {
        let text = as_chars(text);
        let last = self.0.find_iter(&text).filter_map(Result::ok).last()?;
        let bytes = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
        Some((bytes(last.start()), bytes(last.end())))
    }

    fn names(&self) -> Vec<(String, usize)> {
        let names = self.0.capture_names().enumerate();
        names.filter_map(|(number, name)| Some((name?.to_owned(), number))).collect()
    }
}

fn groups(found: &Captures<'_>) -> Vec<Option<Vec<u8>>> {
    found.iter().map(|group| group.map(|group| as_bytes(group.as_str()))).collect()
}

impl Match {
    /// A template with the groups in their places: `\1`, `\g<1>`, `\g<name>`.
    ///
    /// # Errors
    /// The template asks for a group that the pattern does not have, or has an escape that is none.
    pub fn expand(&self, template: &str) -> Result<Vec<u8>, String> {
        let text = as_chars(template.as_bytes());
        let mut out = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            if char != '\\' {
                out.extend(as_bytes(&char.to_string()));
                continue;
            }
            match chars.next() {
                Some('g') => {
                    let rest: String = chars.by_ref().take_while(|char| *char != '>').collect();
                    let name = rest.strip_prefix('<').ok_or("missing < behind \\g in `line`")?;
                    let known = || self.names.iter().find(|(known, _)| known == name).map(|(_, number)| *number);
                    let number = name.parse().ok().or_else(known);
                    out.extend(self.group(number.ok_or_else(|| format!("unknown group name {name:?} in `line`"))?)?);
                }
                Some(digit @ '1'..='9') => {
                    let mut number = digit.to_digit(10).unwrap_or_default();
                    if let Some(second) = chars.peek().and_then(|next| next.to_digit(10)) {
                        chars.next();
                        number = number * 10 + second;
                    }
                    out.extend(self.group(number as usize)?);
                }
                Some('n') => out.push(b'\n'),
                Some('t') => out.push(b'\t'),
                Some('r') => out.push(b'\r'),
                Some('0') => out.push(0),
                Some('a') => out.push(7),
                Some('f') => out.push(12),
                Some('v') => out.push(11),
                Some('\\') => out.push(b'\\'),
                Some(letter) if letter.is_ascii_alphabetic() => return Err(format!("bad escape \\{letter} in `line`")),
                Some(other) => {
                    out.push(b'\\');
                    out.extend(as_bytes(&other.to_string()));
                }
                None => return Err("a single \\ at the end of `line`".to_owned()),
            }
        }
        Ok(out)
    }

    fn group(&self, number: usize) -> Result<Vec<u8>, String> {
        let group = self.groups.get(number).ok_or_else(|| format!("invalid group reference {number} in `line`"))?;
        Ok(group.clone().unwrap_or_default())
    }
}

/// Bytes as characters of the same numbers. Python matches bytes, the library text; so both pattern and line go through this,
/// and every byte is one character.
fn as_chars(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn as_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?')).collect()
}

const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r" \t\n\r\x0b\x0c";

/// A pattern of Python in the library's words: classes are ASCII's, `{` and `[` may stand for themselves where they open
/// nothing, `\Z` is `\z`.
fn translated(pattern: &str) -> String {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    // Within [...]; counts from its opening, for a `]` that comes first stands for itself.
    let mut class: Option<usize> = None;
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        match (char, next) {
            ('\\', Some(escaped)) => {
                out.push_str(&escape(escaped, class.is_some()));
                at += 1;
            }
            ('[', _) if class.is_none() => {
                out.push('[');
                let negated = next == Some('^');
                if negated {
                    out.push('^');
                    at += 1;
                }
                if chars.get(at + 1) == Some(&']') {
                    out.push_str("\\]");
                    at += 1;
                }
                class = Some(at);
            }
            (']', _) if class.is_some() => {
                out.push(']');
                class = None;
            }
            ('[' | '&' | '~', _) if class.is_some() => {
                out.push('\\');
                out.push(char);
            }
            ('-', Some('-')) if class.is_some() => out.push_str("\\-"),
            ('(', Some('?')) if class.is_none() && chars.get(at + 2) == Some(&'#') => {
                while chars.get(at).is_some_and(|char| *char != ')') {
                    at += 1;
                }
            }
            ('{', _) if class.is_none() && !is_quantifier(chars.get(at..).unwrap_or_default()) => out.push_str("\\{"),
            ('}', _) if class.is_none() && !closes_quantifier(chars.get(..at).unwrap_or_default()) => {
                out.push_str("\\}")
            }
            (char, _) => out.push(char),
        }
        at += 1;
    }
    out
}

fn escape(escaped: char, in_class: bool) -> String {
    let class = |set: &str, negated: bool| match (in_class, negated) {
        (true, false) => set.to_owned(),
        (_, true) => format!("[^{set}]"),
        (false, false) => format!("[{set}]"),
    };
    match escaped {
        'w' => class(WORD, false),
        'W' => class(WORD, true),
        's' => class(SPACE, false),
        'S' => class(SPACE, true),
        'd' => class("0-9", false),
        'D' => class("0-9", true),
        'b' if in_class => "\\x08".to_owned(),
        // The library's own would take other letters than ASCII's for parts of words.
        'b' => format!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))"),
        'B' => format!("(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))"),
        'Z' => "\\z".to_owned(),
        '<' | '>' | ' ' | '"' | '\'' | '/' | ',' | '=' | ':' | ';' | '@' | '%' | '!' | '`' | '_' => escaped.to_string(),
        other => format!("\\{other}"),
    }
}

/// `{2}`, `{2,}`, `{,3}`, `{2,3}`.
fn is_quantifier(rest: &[char]) -> bool {
    let inside: Vec<char> = rest.iter().skip(1).take_while(|char| **char != '}').copied().collect();
    let closed = rest.get(inside.len() + 1) == Some(&'}');
    let digits = inside.iter().any(char::is_ascii_digit);
    let commas = inside.iter().filter(|char| **char == ',').count();
    closed && digits && commas <= 1 && inside.iter().all(|char| char.is_ascii_digit() || *char == ',')
}

fn closes_quantifier(before: &[char]) -> bool {
    let open = before.iter().rposition(|char| *char == '{');
    open.is_some_and(|open| {
        let mut piece: Vec<char> = before.get(open..).unwrap_or_default().to_vec();
        piece.push('}');
        is_quantifier(&piece) && (open == 0 || before.get(open - 1) != Some(&'\\'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, line: &str) -> bool {
        Pattern::new(pattern).unwrap().fits(line.as_bytes())
    }

    #[test]
    fn patterns_of_python() {
        assert!(fits(r"^#?\s*PermitRootLogin\b", "# PermitRootLogin yes"));
        assert!(fits(r"^(?!#)\w+=", "key=1"));
        assert!(!fits(r"^(?!#)\w+=", "#key=1"));
        assert!(fits("^{% if", "{% if x %}"));
        assert!(fits("a{2,3}$", "caaa"));
        assert!(fits(r"[[]x]", "[x]"));
        assert!(fits(r"(['\x22])(.*?)\1", r#"k = "v""#));
        assert!(fits(r"\<b\>", "<b>"));
        assert!(fits("(?i)LISTEN", "listen 80"));
        assert!(fits(r"end\Z", "the end"));
        assert!(fits("[]a]+", "]a"));
        assert!(!fits(r"\s", "\u{e0}"), "the second byte of à is no blank");
        assert!(fits("gr\u{fc}n", "gr\u{fc}n"));
        assert!(Pattern::new("(").is_err());
    }

    #[test]
    fn templates_of_python() {
        let pattern = Pattern::new(r"^(?P<key>\w+)\s*=\s*(.*)(x)?$").unwrap();
        let found = pattern.find(b"size = 12").unwrap();
        assert_eq!(found.expand(r"\g<key>=\2\t\3;\g<2>").unwrap(), b"size=12\t;12");
        assert!(found.expand(r"\7").is_err());
        assert!(found.expand(r"\q").is_err());
    }
}
