//! The words of a line of iptables-save, and how it quotes them.
//!
//! Source: iptables 1.8, `add_param_to_argv` and `xtables_save_string`.

use crate::Invalid;

/// A word, and whether it stood in quotes: then it is never an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub text: String,
    pub quoted: bool,
}

impl Word {
    pub fn plain(text: &str) -> Word {
        Word { text: text.to_owned(), quoted: false }
    }

    /// Whether it is `!`, or begins as an option does.
    pub fn is_option(&self) -> bool {
        let negative_number = || self.text[1..].starts_with(|c: char| c.is_ascii_digit());
        !self.quoted && (self.text == "!" || self.text.len() > 1 && self.text.starts_with('-') && !negative_number())
    }
}

/// Splits a line as iptables-restore does: quotes hold spaces, and within them a backslash takes the next character as it is.
pub(crate) fn split(line: &str) -> Result<Vec<Word>, Invalid> {
    let mut words = Vec::new();
    let mut word = Word::plain("");
    let mut within = false;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if within => word.text.extend(chars.next()),
            '"' => {
                within = !within;
                word.quoted = true;
            }
            ' ' | '\t' if !within => take(&mut words, &mut word),
            c => word.text.push(c),
        }
    }
    if within {
        return Err(Invalid::new(format!("the quote in {line:?} is not closed"), "write \" at the end of the text"));
    }
    take(&mut words, &mut word);
    Ok(words)
}

fn take(words: &mut Vec<Word>, word: &mut Word) {
    if word.quoted || !word.text.is_empty() {
        words.push(std::mem::replace(word, Word::plain("")));
    }
}

/// A line being written.
#[derive(Debug, Default)]
pub(crate) struct Line(pub String);

impl Line {
    /// A word as it is.
    pub fn word(&mut self, word: impl std::fmt::Display) {
        use std::fmt::Write;
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        // Writing to a String can't fail.
        let _ = write!(self.0, "{word}");
    }

    /// An option without a value.
    pub fn flag(&mut self, not: bool, name: &str) {
        if not {
            self.word("!");
        }
        self.word(name);
    }

    /// An option and its value.
    pub fn option(&mut self, not: bool, name: &str, value: impl std::fmt::Display) {
        self.flag(not, name);
        self.word(value);
    }

    /// Text in the quotes that it needs.
    pub fn text(&mut self, text: &str) {
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !text.is_empty() && text.chars().all(bare) { self.word(text) } else { self.quoted(text) }
    }

    /// Text in quotes.
    pub fn quoted(&mut self, text: &str) {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for c in text.chars() {
            if matches!(c, '"' | '\\' | '\'') {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted.push('"');
        self.word(quoted);
    }
}
