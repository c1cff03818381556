//! `networks`: how a connection is written.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use docker_module::Text;
use serde::Deserialize;

/// One network to connect to. `None`: not said.
#[derive(Clone, Debug, Deserialize)]
pub struct Network {
    pub name: String,
    pub ipv4_address: Option<String>,
    pub ipv6_address: Option<String>,
    pub aliases: Option<BTreeSet<String>>,
    links: Option<Vec<String>>,
    mac_address: Option<String>,
    driver_opts: Option<BTreeMap<String, Text>>,
    pub gw_priority: Option<i64>,
}

impl Network {
    /// `CONTAINER:ALIAS`; a link without an alias has the container's name for one.
    pub fn links(&self) -> Option<BTreeSet<String>> {
        let full = |link: &String| if link.contains(':') { link.clone() } else { format!("{link}:{link}") };
        self.links.as_ref().map(|links| links.iter().map(full).collect())
    }

    /// As the engine writes it.
    pub fn mac_address(&self) -> Option<String> {
        self.mac_address.as_deref().map(canonical_mac)
    }

    pub fn driver_opts(&self) -> Option<BTreeMap<String, String>> {
        let text = |(key, value): (&String, &Text)| (key.clone(), value.0.clone());
        self.driver_opts.as_ref().map(|options| options.iter().map(text).collect())
    }
}

/// A MAC address with colons and small letters.
pub fn canonical_mac(text: &str) -> String {
    text.replace('-', ":").to_lowercase()
}

/// An address in its one short form, so that two spellings compare equal. What is none stays as it is.
pub fn canonical_address(text: &str) -> String {
    text.parse::<IpAddr>().map_or_else(|_| text.to_owned(), |address| address.to_string())
}
