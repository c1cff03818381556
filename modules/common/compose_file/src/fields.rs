//! Reads values out of the tree, and leaves no key unread.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::format::{duration, size, words};
use crate::node::{Data, Node};
use crate::{Error, Place};

/// A value and the path that leads to it.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    pub node: &'a Node,
    pub path: String,
}

impl<'a> Item<'a> {
    pub fn new(node: &'a Node, path: impl Into<String>) -> Item<'a> {
        Item { node, path: path.into() }
    }

    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error::of(&self.node.place, &self.path, reason)
    }

    fn not(&self, wanted: &str) -> Error {
        self.error(match self.node.scalar() {
            Some(text) => format!("{text:?} is not {wanted}"),
            None => format!("it must be {wanted}, and is {}", self.node.kind()),
        })
    }

    /// Text, a number or a boolean, as text.
    pub fn text(&self) -> Result<String, Error> {
        self.node.scalar().ok_or_else(|| self.not("text"))
    }

    /// Text that is one of `words`.
    pub fn one_of(&self, words: &[&str]) -> Result<String, Error> {
        let text = self.text()?;
        if words.contains(&text.as_str()) { Ok(text) } else { Err(self.not(&format!("one of {}", words.join(", ")))) }
    }

    pub fn integer(&self) -> Result<i64, Error> {
        let number = match &self.node.data {
            Data::Integer(number) => Some(*number),
            Data::Text(text) => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.not("a whole number"))
    }

    /// A whole number that is not negative.
    pub fn count(&self) -> Result<u64, Error> {
        u64::try_from(self.integer()?).map_err(|_| self.not("a number from 0 on"))
    }

    /// A file's mode: a number, or octal digits.
    pub fn mode(&self) -> Result<u32, Error> {
        let mode = match &self.node.data {
            Data::Integer(number) => u32::try_from(*number).ok(),
            Data::Text(text) => u32::from_str_radix(text.trim_start_matches("0o"), 8).ok(),
            _ => None,
        };
        mode.filter(|mode| *mode <= 0o7777).ok_or_else(|| self.not("a file's mode, such as 0440"))
    }

    pub fn number(&self) -> Result<f64, Error> {
        let number = match &self.node.data {
            Data::Integer(number) => Some(*number as f64),
            Data::Float(number) => Some(*number),
            Data::Text(text) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite()).ok_or_else(|| self.not("a number"))
    }

    pub fn boolean(&self) -> Result<bool, Error> {
        let value = match &self.node.data {
            Data::Bool(value) => Some(*value),
            Data::Text(text) => match text.to_ascii_lowercase().as_str() {
                "y" | "yes" | "true" | "on" => Some(true),
                "n" | "no" | "false" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        };
        value.ok_or_else(|| self.not("true or false"))
    }

    /// Nanoseconds.
    pub fn duration(&self) -> Result<i64, Error> {
        let text = self.text()?;
        duration(&text).ok_or_else(|| self.not("a duration, such as 30s or 1m30s"))
    }

    /// Bytes.
    pub fn size(&self) -> Result<i64, Error> {
        let text = self.text()?;
        size(&text).ok_or_else(|| self.not("a size, such as 512M or 2G"))
    }

    pub fn items(&self) -> Result<Vec<Item<'a>>, Error> {
        let Data::List(items) = &self.node.data else { return Err(self.not("a list")) };
        Ok(items.iter().enumerate().map(|(index, node)| Item::new(node, format!("{}[{index}]", self.path))).collect())
    }

    pub fn texts(&self) -> Result<Vec<String>, Error> {
        self.items()?.iter().map(Item::text).collect()
    }

    /// A list, or one value that stands for a list of itself.
    pub fn one_or_more(&self) -> Result<Vec<Item<'a>>, Error> {
        match &self.node.data {
            Data::List(_) => self.items(),
            _ => Ok(vec![self.clone()]),
        }
    }

    /// A list of texts, or one text.
    pub fn text_or_texts(&self) -> Result<Vec<String>, Error> {
        self.one_or_more()?.iter().map(Item::text).collect()
    }

    /// A command: a list, or text that is split as a shell would.
    pub fn command(&self) -> Result<Vec<String>, Error> {
        match &self.node.data {
            Data::List(_) => self.texts(),
            _ => words(&self.text()?).ok_or_else(|| self.error("a quote is not closed")),
        }
    }

    /// A mapping's entries, those of null too.
    pub fn entries(&self) -> Result<Vec<(&'a str, Item<'a>)>, Error> {
        match &self.node.data {
            Data::Null => Ok(Vec::new()),
            Data::Map(map) => Ok(map
                .iter()
                .map(|(key, node)| (key.as_str(), Item::new(node, format!("{}.{key}", self.path))))
                .collect()),
            _ => Err(self.not("a mapping")),
        }
    }

    /// A mapping, or a list of `key=value`; a key without a value has none.
    pub fn pairs(&self) -> Result<BTreeMap<String, Option<String>>, Error> {
        if let Data::List(_) = &self.node.data {
            let pair = |text: String| match text.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (text, None),
            };
            return Ok(self.texts()?.into_iter().map(pair).collect());
        }
        let value = |item: &Item<'_>| if item.node.is_null() { Ok(None) } else { item.text().map(Some) };
        self.entries()?.into_iter().map(|(key, item)| Ok((key.to_owned(), value(&item)?))).collect()
    }

    /// As [`Item::pairs`]; a key without a value has an empty one.
    pub fn texts_by_key(&self) -> Result<BTreeMap<String, String>, Error> {
        Ok(self.pairs()?.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
    }

    /// A mapping whose keys are known; null has none.
    pub fn fields(&self) -> Result<Fields<'a>, Error> {
        let left = match &self.node.data {
            Data::Null => IndexMap::new(),
            Data::Map(map) => map.iter().map(|(key, node)| (key.as_str(), node)).collect(),
            _ => return Err(self.not("a mapping")),
        };
        Ok(Fields { place: &self.node.place, path: self.path.clone(), left, known: Vec::new() })
    }
}

/// The entries of a mapping that nobody has read yet.
pub(crate) struct Fields<'a> {
    place: &'a Place,
    pub path: String,
    left: IndexMap<&'a str, &'a Node>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Takes an entry out; one that is null counts as not there.
    pub fn take(&mut self, key: &'static str) -> Option<Item<'a>> {
        self.known.push(key);
        let node = self.left.shift_remove(key)?;
        (!node.is_null()).then(|| Item::new(node, self.below(key)))
    }

    /// Takes an entry out and reads it.
    pub fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Item<'a>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.take(key).as_ref().map(read).transpose()
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// An error about the mapping itself.
    pub fn error(&self, reason: impl Into<String>) -> Error {
        Error::of(self.place, &self.path, reason)
    }

    /// All that can be read has been: what is left has no place here. `hints` says of some keys what to do instead.
    ///
    /// # Errors
    /// A key is left that does not begin with `x-`.
    pub fn end(self, hints: &[(&str, &str)]) -> Result<(), Error> {
        let Some((key, node)) = self.left.iter().find(|(key, _)| !key.starts_with("x-")) else { return Ok(()) };
        let reason = match hints.iter().find(|(hinted, _)| hinted == key) {
            Some((_, hint)) => format!("not supported: {hint}"),
            None => match self.known.iter().find(|known| are_near(known, key)) {
                Some(near) => format!("unknown key: is `{near}` meant?"),
                None => "unknown key".to_owned(),
            },
        };
        Err(Error::of(&node.place, &self.below(key), reason))
    }
}

/// Whether one word becomes the other by one slip: a letter too many, too few, another, or two swapped.
fn are_near(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match long.len() - short.len() {
        0 if long.len() >= 2 && short[2..] == long[2..] => {
            short[1..] == long[1..] || (short[0] == long[1] && short[1] == long[0])
        }
        0 => short.get(1..) == long.get(1..),
        1 => *short == long[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips() {
        for (one, other, near) in [
            ("replicas", "replica", true),
            ("image", "imgae", true),
            ("image", "imagd", true),
            ("image", "images", true),
            ("image", "command", false),
            ("a", "b", true),
            ("", "", true),
            ("ports", "port", true),
        ] {
            assert_eq!(are_near(one, other), near, "{one} {other}");
        }
    }
}
