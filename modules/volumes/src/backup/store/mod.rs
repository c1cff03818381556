//! Where backups are kept.

mod directory;
mod s3;
mod ssh;

use std::io::{Read, Write};
use std::path::PathBuf;

use ansible::Failure;

pub use self::directory::Directory;
pub use self::s3::{S3, S3Options};
pub use self::ssh::Ssh;
use super::card::{Card, FileName};
use super::moment;

/// A place for files, each of which is there whole or not at all.
pub trait Store: Send + Sync {
    /// The place as a sentence names it: `/backups`.
    fn place(&self) -> String;

    /// Where a file of it is, for the result.
    fn path(&self, name: &str) -> String;

    /// The file of this machine that is there while a new one is written.
    fn partial(&self, name: &str) -> Option<PathBuf>;

    /// The files, with their lengths and times (seconds since 1970). A place that is not there yet has none.
    ///
    /// # Errors
    /// It can't be reached, or read.
    fn list(&self) -> Result<Vec<Stored>, Failure>;

    /// A file, to be read from its beginning.
    ///
    /// # Errors
    /// It can't be read.
    fn read(&self, name: &str) -> Result<Box<dyn Read + Send>, Failure>;

    /// A new file, which is there once [`Sink::finish`] has returned, in place of one of that name.
    ///
    /// # Errors
    /// It can't be written.
    fn create(&self, name: &str) -> Result<Box<dyn Sink>, Failure>;

    /// Removes a file.
    ///
    /// # Errors
    /// It can't be removed.
    fn remove(&self, name: &str) -> Result<(), Failure>;
}

/// A file on its way. When it is dropped before it is finished, nothing of it stays.
pub trait Sink: Write + Send {
    /// Puts it into its place, synced.
    ///
    /// # Errors
    /// It can't be written.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// A file of a store.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its name.
    pub name: String,
    /// Its length.
    pub size: u64,
    /// Seconds since 1970.
    pub time: i64,
    /// What is in it, where a small one came with the list.
    pub content: Option<String>,
}

/// No card is longer.
const LONGEST_CARD: u64 = 1 << 20;

/// The backups in a store, of one volume or of all, the oldest first.
///
/// # Errors
/// Those of the store.
pub fn backups(store: &dyn Store, volume: Option<&str>) -> Result<Vec<Card>, Failure> {
    let stored = store.list()?;
    let mut cards = Vec::new();
    for file in &stored {
        let Some(name) = FileName::read(&file.name) else { continue };
        if volume.is_some_and(|volume| volume != name.volume) {
            continue;
        }
        let card = match stored.iter().find(|other| other.name == name.card()) {
            Some(Stored { content: Some(text), .. }) => serde_json::from_str(text).ok(),
            Some(_) => card(store, &name)?,
            None => None,
        };
        cards.push(Card {
            size: file.size,
            // What its own file says is what it is.
            name: name.backup.clone(),
            volume: name.volume.clone(),
            encrypted: name.encrypted,
            ..card.unwrap_or_else(|| without_card(&name, file.time))
        });
    }
    cards.sort_by_key(|card| (card.time(), card.name.clone()));
    Ok(cards)
}

/// The card of a backup; `None` where it is none.
fn card(store: &dyn Store, name: &FileName) -> Result<Option<Card>, Failure> {
    let mut text = Vec::new();
    store.read(&name.card())?.take(LONGEST_CARD).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text).ok())
}

/// What a backup's name and file tell, where somebody lost its card.
fn without_card(name: &FileName, time: i64) -> Card {
    let told = name.backup.get(..16).filter(|told| moment::short(time_of(told)) == *told).map(time_of);
    Card { named: told.is_none(), created: moment::text(told.unwrap_or(time)), ..Card::default() }
}

/// The moment that a short text tells; 0 where it tells none.
fn time_of(short: &str) -> i64 {
    let part = |range: std::ops::Range<usize>| short.get(range).unwrap_or_default();
    let long =
        format!("{}-{}-{}T{}:{}:{}Z", part(0..4), part(4..6), part(6..8), part(9..11), part(11..13), part(13..15));
    moment::seconds(&long).unwrap_or_default()
}

/// Writes a small file whole.
///
/// # Errors
/// Those of the store.
pub fn put(store: &dyn Store, name: &str, content: &[u8]) -> Result<(), Failure> {
    let mut sink = store.create(name)?;
    sink.write_all(content).map_err(|error| Failure::new(format!("writing {}: {error}", store.path(name))))?;
    sink.finish()
}
