//! How a wish is laid over what is there: replace, extend or skip.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::super::options::{Comparison, Options};

/// How each option is compared, as `comparisons` says it.
///
/// The three kinds of data are three methods: a value or a list is replaced, a set or a map is extended, unless the
/// user says otherwise. What is not wished (`None`) stays.
pub struct Compare {
    /// By an option's main name, and `*`.
    comparisons: BTreeMap<String, Comparison>,
    /// Nothing is there yet: every wish counts, whatever the user wants ignored later.
    fresh: bool,
    /// The options that were asked for, so that there is one list of them only: the overlay itself.
    asked: RefCell<BTreeMap<String, Kind>>,
}

/// What `allow_more_present` can be said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Value,
    Collection,
}

/// The main name of an option that may be called by an alias.
pub fn main_name(option: &str) -> &str {
    match option {
        "ports" => "published_ports",
        "exposed" | "expose" => "exposed_ports",
        "log_opt" => "log_options",
        main => main,
    }
}

impl Compare {
    /// For a container that is there.
    pub fn existing(options: &Options) -> Self {
        Compare::new(options, false)
    }

    /// For a container that will be made.
    pub fn fresh(options: &Options) -> Self {
        Compare::new(options, true)
    }

    fn new(options: &Options, fresh: bool) -> Self {
        let main = |(option, mode): (&String, &Comparison)| (main_name(option).to_owned(), *mode);
        let comparisons = options.comparisons.iter().map(main).collect();
        Compare { comparisons, fresh, asked: RefCell::default() }
    }

    /// Whether the container will be made.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// The comparison for an option: the user's, or its own `default`.
    pub fn mode(&self, option: &str, kind: Kind, default: Comparison) -> Comparison {
        self.asked.borrow_mut().insert(option.to_owned(), kind);
        if self.fresh {
            return Comparison::Strict;
        }
        self.comparisons.get(option).or_else(|| self.comparisons.get("*")).copied().unwrap_or(default)
    }

    /// Every option that was asked for.
    pub fn asked(self) -> BTreeMap<String, Kind> {
        self.asked.into_inner()
    }

    /// One value.
    pub fn value<T>(&self, option: &str, there: &mut Option<T>, wish: Option<T>) {
        self.value_by(self.mode(option, Kind::Value, Comparison::Strict), there, wish);
    }

    /// One value whose difference does not count unless the user says so.
    pub fn ignored_value<T>(&self, option: &str, there: &mut Option<T>, wish: Option<T>) {
        self.value_by(self.mode(option, Kind::Value, Comparison::Ignore), there, wish);
    }

    fn value_by<T>(&self, mode: Comparison, there: &mut Option<T>, wish: Option<T>) {
        match (mode, wish) {
            (Comparison::Ignore, _) | (_, None) => {}
            (Comparison::Strict | Comparison::AllowMorePresent, Some(wish)) => *there = Some(wish),
        }
    }

    /// A list whose order counts. `allow_more_present`: it is enough that the wish is contained in order.
    pub fn list<T: PartialEq>(&self, option: &str, there: &mut Option<Vec<T>>, wish: Option<Vec<T>>) {
        match (self.mode(option, Kind::Collection, Comparison::Strict), wish) {
            (Comparison::Ignore, _) | (_, None) => {}
            (Comparison::Strict, Some(wish)) => *there = Some(wish),
            (Comparison::AllowMorePresent, Some(wish)) => {
                let mut rest = there.iter().flatten();
                if !wish.iter().all(|item| rest.any(|present| present == item)) {
                    *there = Some(wish);
                }
            }
        }
    }

    /// A list whose order does not count. `from_image` is what the image brings: a strict wish does not remove it.
    pub fn set<T: Ord>(
        &self,
        option: &str,
        there: &mut Option<BTreeSet<T>>,
        wish: Option<BTreeSet<T>>,
        from_image: impl IntoIterator<Item = T>,
    ) {
        match (self.mode(option, Kind::Collection, Comparison::AllowMorePresent), wish) {
            (Comparison::Ignore, _) | (_, None) => {}
            (Comparison::Strict, Some(wish)) => *there = Some(self.image(from_image).chain(wish).collect()),
            (Comparison::AllowMorePresent, Some(wish)) => there.get_or_insert_default().extend(wish),
        }
    }

    /// Keys with values. `from_image` is what the image brings: it is there unless the user wishes otherwise.
    pub fn map<K: Ord, V>(
        &self,
        option: &str,
        there: &mut Option<BTreeMap<K, V>>,
        wish: Option<BTreeMap<K, V>>,
        from_image: impl IntoIterator<Item = (K, V)>,
    ) {
        let from_image: BTreeMap<K, V> = self.image(from_image).collect();
        match (self.mode(option, Kind::Collection, Comparison::AllowMorePresent), wish) {
            (Comparison::Ignore, _) => {}
            (Comparison::Strict, Some(wish)) => *there = Some(from_image.into_iter().chain(wish).collect()),
            (_, None) if from_image.is_empty() => {}
            (Comparison::Strict | Comparison::AllowMorePresent, wish) => {
                let wish = wish.into_iter().flatten();
                there.get_or_insert_default().extend(from_image.into_iter().chain(wish));
            }
        }
    }

    /// What the image brings need not be said when the container is made: the engine adds it.
    fn image<T>(&self, from_image: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let fresh = self.fresh;
        from_image.into_iter().filter(move |_| !fresh)
    }
}
