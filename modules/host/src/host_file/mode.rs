//! Modes as users write them: octal, or symbols as chmod(1) takes them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

/// The permission bits of a file. Shown in octal, with a leading zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mode(pub u32);

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 8).map(Mode).map_err(D::Error::custom)
    }
}

/// A mode to bring a file to.
#[derive(Clone, Debug)]
pub enum Wish {
    /// These bits.
    Bits(u32),
    /// What these clauses make of the bits that are there.
    Clauses(Vec<Clause>),
    /// That of the file it is copied from.
    Preserve,
}

/// `u+rwX`, in its parts.
#[derive(Clone, Debug)]
pub struct Clause {
    users: String,
    operations: Vec<(char, String)>,
}

impl<'de> Deserialize<'de> for Wish {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            // YAML has read its octal digits already.
            Value::Number(number) => {
                let bits = number.as_u64().and_then(|bits| u32::try_from(bits).ok()).filter(|bits| *bits <= 0o7777);
                bits.map(Wish::Bits).ok_or_else(|| D::Error::custom(bad(&number.to_string())))
            }
            Value::String(text) => parse(text.trim()).ok_or_else(|| D::Error::custom(bad(&text))),
            other => Err(D::Error::custom(bad(&other.to_string()))),
        }
    }
}

fn bad(text: &str) -> String {
    format!("mode must be in octal or symbolic form, such as '0644' or 'u=rw,go=r', not {text}")
}

fn parse(text: &str) -> Option<Wish> {
    if text == "preserve" {
        return Some(Wish::Preserve);
    }
    let digits = text.strip_prefix("0o").unwrap_or(text);
    if let Ok(bits) = u32::from_str_radix(digits, 8) {
        return (bits <= 0o7777 && !text.starts_with('+')).then_some(Wish::Bits(bits));
    }
    text.split(',').map(clause).collect::<Option<Vec<_>>>().map(Wish::Clauses)
}

fn clause(text: &str) -> Option<Clause> {
    let start = text.find(['+', '-', '='])?;
    let (users, rest) = text.split_at(start);
    let mut operations = Vec::new();
    for char in rest.chars() {
        match char {
            '+' | '-' | '=' => operations.push((char, String::new())),
            'r' | 'w' | 'x' | 'X' | 's' | 't' | 'u' | 'g' | 'o' => operations.last_mut()?.1.push(char),
            _ => return None,
        }
    }
    users.chars().all(|user| "ugoa".contains(user)).then(|| Clause { users: users.to_owned(), operations })
}

impl Wish {
    /// The bits that the wish makes of those that are there; `source` are those of the file that is copied.
    pub fn of(&self, present: Mode, directory: bool, umask: u32, source: Option<Mode>) -> Mode {
        match self {
            Wish::Bits(bits) => Mode(*bits),
            Wish::Preserve => source.unwrap_or(present),
            Wish::Clauses(clauses) => {
                Mode(clauses.iter().fold(present.0, |bits, clause| clause.apply(bits, directory, umask)))
            }
        }
    }
}

impl Clause {
    fn apply(&self, before: u32, directory: bool, umask: u32) -> u32 {
        let everyone = self.users.is_empty() || self.users.contains('a');
        // Without a user the umask counts, as in chmod(1).
        let masked = if self.users.is_empty() { !umask } else { !0 };
        let users: Vec<char> = if everyone { vec!['u', 'g', 'o'] } else { self.users.chars().collect() };
        let mut bits = before;
        for (operator, letters) in &self.operations {
            let origin = bits;
            for user in &users {
                let wanted =
                    letters.chars().fold(0, |sum, letter| sum | bits_of(letter, *user, origin, directory)) & masked;
                let all = match user {
                    'u' => 0o4700,
                    'g' => 0o2070,
                    _ => 0o1007,
                };
                bits = match operator {
                    '+' => bits | wanted,
                    '-' => bits & !wanted,
                    _ => bits & !all | wanted,
                };
            }
        }
        bits
    }
}

/// The bits that a letter means for a user.
fn bits_of(letter: char, user: char, origin: u32, directory: bool) -> u32 {
    let shift = match user {
        'u' => 6,
        'g' => 3,
        _ => 0,
    };
    let any_execute = directory || origin & 0o111 != 0;
    match (letter, user) {
        ('r', _) => 4 << shift,
        ('w', _) => 2 << shift,
        ('x', _) => 1 << shift,
        ('X', _) if any_execute => 1 << shift,
        ('s', 'u') => 0o4000,
        ('s', 'g') => 0o2000,
        ('t', 'o') => 0o1000,
        ('u', _) => (origin >> 6 & 7) << shift,
        ('g', _) => (origin >> 3 & 7) << shift,
        ('o', _) => (origin & 7) << shift,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_as_users_write_them() {
        let of = |text: &str, before: u32, directory| {
            parse(text).map(|wish| wish.of(Mode(before), directory, 0o022, None).0)
        };
        assert_eq!(of("0644", 0, false), Some(0o644));
        assert_eq!(of("644", 0, false), Some(0o644));
        assert_eq!(of("0o2755", 0, false), Some(0o2755));
        assert_eq!(of("u=rw,g=r,o=", 0o777, false), Some(0o640));
        assert_eq!(of("u+x", 0o644, false), Some(0o744));
        assert_eq!(of("+x", 0o644, false), Some(0o755));
        assert_eq!(of("a+X", 0o644, false), Some(0o644));
        assert_eq!(of("a+X", 0o644, true), Some(0o755));
        assert_eq!(of("g=u,o=g", 0o640, false), Some(0o666));
        assert_eq!(of("u=rwx,g+s,+t", 0o070, false), Some(0o3770));
        assert_eq!(of("g-w,o-rwx", 0o666, false), Some(0o640));
        assert_eq!(of("z+x", 0, false), None);
        assert_eq!(of("99999", 0, false), None);
        assert_eq!(of("rw-r--r--", 0, false), None);
    }
}
