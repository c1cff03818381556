//! The rules between options. An option given as null counts as given, but for `required_by`.

use serde_json::{Map, Value};

use super::level::Place;
use crate::python;
use crate::spec::{Options, Rules};

type Params = Map<String, Value>;

/// All options that are required and missing.
pub(super) fn required(options: &Options, params: &Params, place: &Place) -> Option<String> {
    let mut missing: Vec<&str> = options
        .iter()
        .filter(|(name, opt)| opt.required && !params.contains_key(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    missing.sort_unstable();
    (!missing.is_empty()).then(|| format!("missing required arguments: {}{}", missing.join(", "), place.found_in()))
}

/// All sets of which more than one is given.
pub(super) fn mutually_exclusive(rules: &Rules, params: &Params, place: &Place) -> Option<String> {
    let broken: Vec<String> = rules
        .mutually_exclusive
        .iter()
        .filter(|set| {
            let mut given: Vec<&String> = set.iter().filter(|name| params.contains_key(*name)).collect();
            given.sort_unstable();
            given.dedup();
            given.len() > 1
        })
        .map(|set| set.join("|"))
        .collect();
    (!broken.is_empty())
        .then(|| format!("parameters are mutually exclusive: {}{}", broken.join(", "), place.found_in()))
}

/// The first set of which some are given and some are not.
pub(super) fn required_together(rules: &Rules, params: &Params, place: &Place) -> Option<String> {
    let broken = rules.required_together.iter().find(|set| {
        let given = set.iter().filter(|name| params.contains_key(*name)).count();
        given > 0 && given < set.len()
    })?;
    Some(format!("parameters are required together: {}{}", broken.join(", "), place.found_in()))
}

/// The first set of which none is given.
pub(super) fn required_one_of(rules: &Rules, params: &Params, place: &Place) -> Option<String> {
    let broken = rules.required_one_of.iter().find(|set| !set.iter().any(|name| params.contains_key(name)))?;
    Some(format!("one of the following is required: {}{}", broken.join(", "), place.found_in()))
}

/// The first option with a value that needs others which are not given.
pub(super) fn required_if(rules: &Rules, params: &Params, place: &Place) -> Option<String> {
    rules.required_if.iter().find_map(|rule| {
        params.get(&rule.option).filter(|value| python::equal(value, &rule.value))?;
        let missing: Vec<&str> =
            rule.needed.iter().map(String::as_str).filter(|name| !params.contains_key(*name)).collect();
        let enough = if rule.any { missing.len() < rule.needed.len() } else { missing.is_empty() };
        (!enough && !missing.is_empty()).then(|| {
            format!(
                "{} is {} but {} of the following are missing: {}{}",
                rule.option,
                python::str(&rule.value),
                if rule.any { "any" } else { "all" },
                missing.join(", "),
                place.found_in()
            )
        })
    })
}

/// The first option that needs others which have no value.
pub(super) fn required_by(rules: &Rules, params: &Params, place: &Place) -> Option<String> {
    let has_value = |name: &str| params.get(name).is_some_and(|value| !value.is_null());
    rules.required_by.iter().filter(|(name, _)| has_value(name)).find_map(|(name, needed)| {
        let missing: Vec<&str> = needed.0.iter().map(String::as_str).filter(|name| !has_value(name)).collect();
        (!missing.is_empty())
            .then(|| format!("missing parameter(s) required by '{name}': {}{}", missing.join(", "), place.found_in()))
    })
}
