//! `${VARIABLE}` in values: what the compose spec has, which is more than `docker stack` reads.

use crate::node::{Data, Node};
use crate::{Error, Place, Surroundings};

/// How deep defaults may be nested.
const DEEPEST: usize = 32;

/// Fills in the variables of every value below `node`; keys stay as they are. `warnings` learns of those that are not set.
///
/// # Errors
/// A template is not well formed, or a variable that must be there is not.
pub(crate) fn interpolate(
    node: &mut Node,
    path: &str,
    around: &dyn Surroundings,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    match &mut node.data {
        Data::Text(text) => {
            if text.contains('$') {
                let mut template = Template { around, unset: Vec::new() };
                let filled = template.fill(text, 0).map_err(|reason| Error::of(&node.place, path, reason))?;
                for name in template.unset {
                    let warning = unset(&node.place, path, &name);
                    if !warnings.contains(&warning) {
                        warnings.push(warning);
                    }
                }
                *text = filled;
            }
            Ok(())
        }
        Data::List(items) => items
            .iter_mut()
            .enumerate()
            .try_for_each(|(index, item)| interpolate(item, &format!("{path}[{index}]"), around, warnings)),
        Data::Map(map) => map.iter_mut().try_for_each(|(key, value)| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            interpolate(value, &path, around, warnings)
        }),
        Data::Null | Data::Bool(_) | Data::Integer(_) | Data::Float(_) => Ok(()),
    }
}

fn unset(place: &Place, path: &str, name: &str) -> String {
    format!("{place}: {path}: the variable {name} is not set, and stands for nothing")
}

/// Fills in the variables of one text.
///
/// # Errors
/// As [`interpolate`]: the reason only.
pub(crate) fn fill(text: &str, around: &dyn Surroundings) -> Result<String, String> {
    Template { around, unset: Vec::new() }.fill(text, 0)
}

struct Template<'a> {
    around: &'a dyn Surroundings,
    unset: Vec<String>,
}

impl Template<'_> {
    fn fill(&mut self, text: &str, depth: usize) -> Result<String, String> {
        if depth > DEEPEST {
            return Err("the defaults of variables are nested too deeply".to_owned());
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('$') {
            out.push_str(&rest[..start]);
            rest = &rest[start + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let end = closing(after).ok_or_else(|| invalid(text))?;
                out.push_str(&self.braced(&after[..end], depth).map_err(|fault| fault.said_of(text))?);
                rest = &after[end + 1..];
            } else {
                let (name, after) = name(rest).ok_or_else(|| invalid(text))?;
                out.push_str(&self.value(name));
                rest = after;
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// A variable's value; one that is not set is empty, and remembered.
    fn value(&mut self, name: &str) -> String {
        self.around.variable(name).unwrap_or_else(|| {
            self.unset.push(name.to_owned());
            String::new()
        })
    }

    /// What stands between the braces: a name, and perhaps a sign and a word.
    fn braced(&mut self, inner: &str, depth: usize) -> Result<String, Fault> {
        let (name, rest) = name(inner).ok_or(Fault::Invalid)?;
        let Some(sign) = rest.chars().next() else { return Ok(self.value(name)) };
        let value = self.around.variable(name);
        let (counts, sign, word) = match rest.strip_prefix(':') {
            // With a colon, an empty value counts as none.
            Some(after) => {
                let sign = after.chars().next().ok_or(Fault::Invalid)?;
                (value.filter(|value| !value.is_empty()), sign, &after[sign.len_utf8()..])
            }
            None => (value, sign, &rest[sign.len_utf8()..]),
        };
        match (sign, counts) {
            ('-' | '?', Some(value)) => Ok(value),
            ('-', None) | ('+', Some(_)) => self.fill(word, depth + 1).map_err(Fault::Said),
            ('+', None) => Ok(String::new()),
            ('?', None) => {
                let message = self.fill(word, depth + 1).map_err(Fault::Said)?;
                Err(Fault::Said(format!("required variable {name} is missing a value: {message}")))
            }
            _ => Err(Fault::Invalid),
        }
    }
}

/// Why a template can't be filled.
enum Fault {
    Invalid,
    Said(String),
}

impl Fault {
    fn said_of(self, text: &str) -> String {
        match self {
            Fault::Invalid => invalid(text),
            Fault::Said(reason) => reason,
        }
    }
}

fn invalid(text: &str) -> String {
    format!("invalid interpolation format in {text:?}: you may need to escape any $ with another $")
}

/// A variable's name at the start of a text, and what follows it.
fn name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some((name, rest))
}

/// Where the brace that is open at the start of a text closes; those of variables within don't count.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'$', Some(b'$')) => at += 1,
            (b'$', Some(b'{')) => {
                depth += 1;
                at += 1;
            }
            (b'}', _) if depth == 0 => return Some(at),
            (b'}', _) => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Around;

    #[test]
    fn templates() {
        let around = Around::new().with("A", "a").with("EMPTY", "").with("B_1", "b");
        for (text, wanted) in [
            ("plain", Ok("plain")),
            ("$A", Ok("a")),
            ("${A}", Ok("a")),
            ("$B_1-x", Ok("b-x")),
            ("$$A ${A}$$", Ok("$A a$")),
            ("$NONE.", Ok(".")),
            ("${NONE:-d}", Ok("d")),
            ("${EMPTY:-d}", Ok("d")),
            ("${EMPTY-d}", Ok("")),
            ("${NONE-d}", Ok("d")),
            ("${A:-d}", Ok("a")),
            ("${A:+r}", Ok("r")),
            ("${EMPTY:+r}", Ok("")),
            ("${EMPTY+r}", Ok("r")),
            ("${NONE+r}", Ok("")),
            ("${NONE:-${A}}", Ok("a")),
            ("${NONE:-${EMPTY:-x${A}y}}z", Ok("xayz")),
            ("${NONE:-$$}", Ok("$")),
            ("${NONE:-{x}}", Ok("{x}")),
            ("${NONE:-http://x/?a=b}", Ok("http://x/?a=b")),
            ("${NONE:-}", Ok("")),
            ("${A?no}", Ok("a")),
            ("${NONE?give $A}", Err("required variable NONE is missing a value: give a")),
            ("${EMPTY:?give it}", Err("required variable EMPTY is missing a value: give it")),
            ("${EMPTY?give it}", Ok("")),
            ("$", Err("invalid interpolation format")),
            ("$1", Err("invalid interpolation format")),
            ("${", Err("invalid interpolation format")),
            ("${}", Err("invalid interpolation format")),
            ("${A", Err("invalid interpolation format")),
            ("${A:}", Err("invalid interpolation format")),
            ("${A!x}", Err("invalid interpolation format")),
            ("${A b}", Err("invalid interpolation format")),
            ("é$A", Ok("éa")),
        ] {
            match (fill(text, &around), wanted) {
                (Ok(got), Ok(wanted)) => assert_eq!(got, wanted, "{text}"),
                (Err(got), Err(wanted)) => assert!(got.starts_with(wanted), "{text}: {got}"),
                (got, wanted) => panic!("{text}: {got:?}, wanted {wanted:?}"),
            }
        }
    }
}
