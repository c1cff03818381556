//! What all matches and targets share: which options they take, and reading them.

use crate::word::{Line, Word};
use crate::{Family, Invalid, Names, Test};

/// An option of an extension: its names, the printed one first, and how many words follow it.
pub(crate) type OptionSyntax = (&'static [&'static str], usize);

/// The words of an extension.
#[derive(Debug)]
pub(crate) struct Syntax {
    pub name: &'static str,
    pub options: &'static [OptionSyntax],
}

impl Syntax {
    /// The option of this name, in full or cut short so that it stays clear, as getopt takes it.
    pub fn option(&self, name: &str, short: bool) -> Option<OptionSyntax> {
        if !short {
            return self.options.iter().find(|(names, _)| names.contains(&name)).copied();
        }
        let begins = |names: &&[&str]| name.len() > 3 && names.iter().any(|full| full.starts_with(name));
        let mut found = self.options.iter().filter(|(names, _)| begins(names));
        match (found.next(), found.next()) {
            (Some(option), None) => Some(*option),
            _ => None,
        }
    }
}

/// A match or target that has a type of its own.
pub(crate) trait Extension: Sized {
    const SYNTAX: Syntax;

    /// Reads the options. `None`: they say more than the type can hold, so they stay text.
    fn read(given: &mut Given<'_>) -> Result<Option<Self>, Invalid>;

    /// Writes the options as iptables-save does.
    fn write(&self, line: &mut Line);
}

/// One option as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    pub name: &'static str,
    pub not: bool,
    pub values: Vec<String>,
}

/// The options that were given to an extension, in their order.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    pub family: Family,
    pub names: &'a Names,
    pub options: Vec<Occurrence>,
}

impl Given<'_> {
    /// Takes the option out, by its printed name.
    pub fn take(&mut self, name: &str) -> Option<Occurrence> {
        let index = self.options.iter().position(|option| option.name == name)?;
        Some(self.options.remove(index))
    }

    /// An option that may be negated, its value read by `read`.
    pub fn test<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Option<Test<T>>, Invalid> {
        let Some(option) = self.take(name) else { return Ok(None) };
        let value = option.values.first().map_or("", String::as_str);
        let value = read(value).map_err(|why| Invalid::new(format!("`{name}`: {}", why.what), why.fix))?;
        Ok(Some(Test { not: option.not, value }))
    }

    /// An option that may not be negated.
    pub fn value<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Invalid> {
        match self.test(name, read)? {
            Some(Test { not: true, .. }) => Err(no_negation(name)),
            found => Ok(found.map(|test| test.value)),
        }
    }

    /// A value that is text.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, Invalid> {
        self.value(name, |text| Ok(text.to_owned()))
    }

    /// An option without a value.
    pub fn flag(&mut self, name: &str) -> Result<bool, Invalid> {
        self.value(name, |_| Ok(())).map(|found| found.is_some())
    }

    /// Refuses what nobody took.
    pub fn finish(&self) -> Result<(), Invalid> {
        match self.options.first() {
            None => Ok(()),
            Some(option) => Err(Invalid::new(
                format!("`{}` is given twice, or can't stand beside the others", option.name),
                "leave one out",
            )),
        }
    }
}

pub(crate) fn no_negation(name: &str) -> Invalid {
    Invalid::new(format!("`{name}` can't be negated"), "write it without the !")
}

pub(crate) fn needs(extension: &str, options: &str) -> Invalid {
    Invalid::new(format!("`{extension}` without {options} tests nothing"), format!("give {options}"))
}

/// An extension that has no type here. Its words are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Opaque {
    /// Its name, as after `-m` or `-j`.
    pub name: String,
    /// The words behind the name.
    pub words: Vec<String>,
}

impl Opaque {
    pub(crate) fn new(name: &str, words: &[Word]) -> Opaque {
        Opaque { name: name.to_owned(), words: words.iter().map(|word| word.text.clone()).collect() }
    }

    pub(crate) fn write(&self, line: &mut Line) {
        for word in &self.words {
            // Text is quoted by iptables-save, all other words are bare.
            if word.is_empty() || word.contains([' ', '"', '\\', '\'', '\t']) {
                line.quoted(word)
            } else {
                line.word(word)
            }
        }
    }
}
