//! Files of variables: `KEY=value` lines, raw as `docker stack` reads them, or as the compose spec's dotenv format.

use crate::Surroundings;
use crate::interpolate::fill;

/// How a file's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// As they stand, quotes and all. A variable without a value is taken from the environment.
    Raw,
    /// With quotes, escapes, comments and variables.
    Dotenv,
}

/// The variables of a file, in its order.
///
/// # Errors
/// A line is none of the format; the reason has its number.
pub(crate) fn read(text: &[u8], format: Format, around: &dyn Surroundings) -> Result<Vec<(String, String)>, String> {
    let text = std::str::from_utf8(text).map_err(|error| format!("it is not UTF-8: {error}"))?;
    let text = text.trim_start_matches('\u{feff}');
    match format {
        Format::Raw => raw(text, around),
        Format::Dotenv => dotenv(text, around),
    }
}

fn raw(text: &str, around: &dyn Surroundings) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key, Some(value)));
        let key = checked(key, number)?;
        if let Some(value) = value.map(str::to_owned).or_else(|| around.variable(key)) {
            pairs.push((key.to_owned(), value));
        }
    }
    Ok(pairs)
}

fn checked(key: &str, number: usize) -> Result<&str, String> {
    let number = number + 1;
    if key.is_empty() {
        return Err(format!("line {number}: no variable name"));
    }
    if key.contains([' ', '\t']) {
        return Err(format!("line {number}: variable '{key}' contains whitespaces"));
    }
    Ok(key)
}

fn dotenv(text: &str, around: &dyn Surroundings) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((key, value)) = line.split_once('=').or_else(|| line.split_once(": ")) else {
            let key = checked(line.trim_end(), number)?;
            pairs.extend(around.variable(key).map(|value| (key.to_owned(), value)));
            continue;
        };
        let key = checked(key.trim_end(), number)?.to_owned();
        let value = value.trim_start();
        let known = Known { pairs: &pairs, around };
        let filled = |text: &str| fill(text, &known).map_err(|reason| format!("line {}: {reason}", number + 1));
        let value = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let mut quoted = value[1..].to_owned();
                // A quoted value may go on over lines.
                let end = loop {
                    if let Some(end) = closing(&quoted, quote) {
                        break end;
                    }
                    let (_, more) =
                        lines.next().ok_or_else(|| format!("line {}: a quote is not closed", number + 1))?;
                    quoted.push('\n');
                    quoted.push_str(more);
                };
                if quote == '\'' { quoted[..end].to_owned() } else { filled(&unescaped(&quoted[..end]))? }
            }
            _ => filled(value.split(" #").next().unwrap_or_default().trim_end())?,
        };
        pairs.push((key, value));
    }
    Ok(pairs)
}

/// Where the quote that is open at the start of a text closes.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, letter)| {
        let closes = letter == quote && !escaped;
        escaped = quote == '"' && letter == '\\' && !escaped;
        closes.then_some(at)
    })
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            // For the templates that are filled in next, a dollar is protected by another.
            Some('$') => out.push_str("$$"),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

/// The environment, behind what the file has said already.
struct Known<'a> {
    pairs: &'a [(String, String)],
    around: &'a dyn Surroundings,
}

impl Surroundings for Known<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.around.read(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        let said = self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        self.around.variable(name).or(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Around;

    fn pairs(text: &str, format: Format) -> Result<String, String> {
        let around = Around::new().with("HOST", "h");
        let pairs = read(text.as_bytes(), format, &around)?;
        Ok(pairs.iter().map(|(key, value)| format!("{key}=[{value}]")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn raw_values_stand_as_they_are() {
        let text = "\u{feff}A=1\n  # no\n\n B=\"x\" # y \nHOST\nNONE\nE=";
        assert_eq!(pairs(text, Format::Raw).unwrap(), r#"A=[1] B=["x" # y ] HOST=[h] E=[]"#);
        assert_eq!(pairs("a b=1", Format::Raw).unwrap_err(), "line 1: variable 'a b' contains whitespaces");
        assert_eq!(pairs("\n=1", Format::Raw).unwrap_err(), "line 2: no variable name");
    }

    #[test]
    fn dotenv_values_have_quotes_comments_and_variables() {
        let text =
            "A=1 # one\nexport B=\"x $A ${HOST} \\$A \\n\"\nC='$A'\nD=\"two\nlines\"\nE=${NONE:-d}\nHOST\nF=a#b\nG: y";
        let wanted = "A=[1] B=[x 1 h $A \n] C=[$A] D=[two\nlines] E=[d] HOST=[h] F=[a#b] G=[y]";
        assert_eq!(pairs(text, Format::Dotenv).unwrap(), wanted);
        assert_eq!(pairs("A='x", Format::Dotenv).unwrap_err(), "line 1: a quote is not closed");
    }
}
