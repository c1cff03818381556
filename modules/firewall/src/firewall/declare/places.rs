//! The names that rules use for addresses and interfaces, and what they mean.

use std::collections::{BTreeMap, BTreeSet};

use ansible::Failure;
use ipnet::IpNet;

use super::address::{self, Place};
use super::word::Interface;
use crate::firewall::facts::Facts;
use crate::firewall::options::{Docker, Options, Swarm, UnknownInterfaces};

/// The sets that only the engine knows.
pub const OF_ENGINE: [&str; 4] = ["bridges", "overlays", "overlay_pool", "peers"];

/// Zones and sets by name, and the interfaces that are there.
pub struct Places<'a> {
    sets: BTreeMap<&'a str, Vec<IpNet>>,
    zones: BTreeMap<&'a str, Zone>,
    facts: &'a Facts,
    interfaces: &'a BTreeSet<String>,
    unknown: UnknownInterfaces,
}

/// Where traffic comes from: by one of the interfaces, from one of the addresses.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    pub interfaces: Vec<Interface>,
    /// `None`: from anywhere.
    pub sources: Option<Vec<IpNet>>,
}

impl<'a> Places<'a> {
    pub fn read(options: &'a Options, facts: &'a Facts, interfaces: &'a BTreeSet<String>) -> Result<Self, Failure> {
        let mut places = Places {
            sets: facts.sets(),
            zones: BTreeMap::new(),
            facts,
            interfaces,
            unknown: options.unknown_interfaces,
        };
        let known = facts.known && options.docker != Docker::Never;
        if !known {
            places.sets.clear();
        }
        for (index, set) in options.sets.iter().enumerate() {
            let place = format!("set {} ({})", index + 1, set.name);
            if OF_ENGINE.contains(&set.name.as_str()) {
                return Err(Failure::new(format!("{place}: the engine tells what this is; give it another name")));
            }
            if !address::is_name(&set.name) || places.sets.contains_key(set.name.as_str()) {
                return Err(Failure::new(format!(
                    "{place}: a set's name begins with a letter, goes on with letters, digits, _, - and ., and is there once"
                )));
            }
            // One set may hold another that stands before it.
            let addresses = places.nets(&set.addresses).map_err(|why| Failure::new(format!("{place}: {why}")))?;
            if addresses.is_empty() && !set.addresses.iter().any(|name| OF_ENGINE.contains(&name.as_str())) {
                return Err(Failure::new(format!("{place}: it is empty, so no rule with it matches; leave it out")));
            }
            places.sets.insert(&set.name, addresses);
        }
        for (index, zone) in options.zones.iter().enumerate() {
            let place = format!("zone {} ({})", index + 1, zone.name);
            let interfaces = places.interfaces(&zone.interfaces);
            let interfaces = interfaces.map_err(|why| Failure::new(format!("{place}: `interfaces`: {why}")))?;
            let sources = places.optional_nets(&zone.sources);
            let sources = sources.map_err(|why| Failure::new(format!("{place}: `sources`: {why}")))?;
            if interfaces.is_empty() && sources.is_none() {
                return Err(Failure::new(format!("{place}: give it `interfaces`, `sources` or both")));
            }
            if places.zones.insert(&zone.name, Zone { interfaces, sources }).is_some() {
                return Err(Failure::new(format!("{place}: there is another zone of that name")));
            }
        }
        Ok(places)
    }

    /// The networks that these words mean.
    pub fn nets(&self, words: &[String]) -> Result<Vec<IpNet>, String> {
        let mut nets = Vec::new();
        for word in words {
            match address::read(word)? {
                Place::Nets(more) => nets.extend(more),
                Place::Named(name) => nets.extend(self.set(&name)?),
            }
        }
        Ok(IpNet::aggregate(&nets))
    }

    /// As [`Places::nets`]; `None` where there are no words, which means anywhere.
    pub fn optional_nets(&self, words: &[String]) -> Result<Option<Vec<IpNet>>, String> {
        if words.is_empty() { Ok(None) } else { self.nets(words).map(Some) }
    }

    fn set(&self, name: &str) -> Result<&[IpNet], String> {
        if let Some(nets) = self.sets.get(name) {
            return Ok(nets);
        }
        if OF_ENGINE.contains(&name) {
            return Err(format!(
                "{name:?} is what the engine tells, and none was asked: see `docker` and `docker_host`"
            ));
        }
        let known: Vec<&str> = self.sets.keys().copied().collect();
        Err(format!(
            "{name:?} is no set and no address; sets are {}. Names of hosts are not resolved, write addresses",
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        ))
    }

    pub fn zone(&self, name: &str) -> Result<&Zone, String> {
        self.zones.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.zones.keys().copied().collect();
            format!(
                "there is no zone {name:?}; zones are {}",
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            )
        })
    }

    /// Interfaces that are there, unless others are accepted.
    pub fn interfaces(&self, words: &[String]) -> Result<Vec<Interface>, String> {
        let read = |word: &String| {
            let interface = Interface::read(word)?;
            let there = self.interfaces.iter().any(|name| interface.means(name));
            if there || self.unknown == UnknownInterfaces::Accept {
                return Ok(interface);
            }
            let known: Vec<&str> = self.interfaces.iter().map(String::as_str).filter(|name| *name != "lo").collect();
            Err(format!(
                "the target has no interface {word}; it has {}. For one that comes later, set `unknown_interfaces` to accept",
                known.join(", ")
            ))
        };
        words.iter().map(read).collect()
    }

    /// The swarm's other nodes.
    pub fn peers(&self, swarm: &Swarm) -> Result<Vec<IpNet>, Failure> {
        let mut peers = self.nets(&swarm.peers).map_err(|why| Failure::new(format!("`swarm.peers`: {why}")))?;
        if swarm.from_engine {
            peers.extend(self.sets.get("peers").into_iter().flatten());
        }
        // A node needs no rule for itself.
        peers.retain(|peer| !self.facts.own_addresses.iter().any(|own| IpNet::from(*own) == *peer));
        Ok(IpNet::aggregate(&peers))
    }
}
