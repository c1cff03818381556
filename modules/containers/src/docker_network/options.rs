//! The options of `docker_network`.

use std::collections::BTreeMap;

use ansible::Failure;
use docker::{ApiVersion, Pool, Written};
use docker_module::{Labels, Text};
use ipnet::IpNet;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
    pub appends: bool,
    pub attachable: Option<bool>,
    pub config_from: Option<String>,
    pub config_only: Option<bool>,
    pub connected: Vec<String>,
    pub driver: String,
    pub driver_options: BTreeMap<String, Text>,
    pub enable_ipv4: Option<bool>,
    pub enable_ipv6: Option<bool>,
    pub force: bool,
    pub ingress: Option<bool>,
    pub internal: Option<bool>,
    pub ipam_config: Option<Vec<PoolOptions>>,
    pub ipam_driver: Option<String>,
    pub ipam_driver_options: Option<BTreeMap<String, Text>>,
    pub labels: Labels,
    pub scope: Option<Scope>,
    pub state: State,
}

#[derive(Debug, Deserialize)]
pub struct PoolOptions {
    pub subnet: Option<String>,
    pub iprange: Option<String>,
    pub gateway: Option<String>,
    pub aux_addresses: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Local,
    Global,
    Swarm,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Present,
}

impl Scope {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Local => "local",
            Scope::Global => "global",
            Scope::Swarm => "swarm",
        }
    }
}

impl Options {
    /// The used options that not every engine knows, with the API that each needs.
    pub fn api_needs(&self) -> Vec<(&'static str, ApiVersion)> {
        self.enable_ipv4.map(|_| ("enable_ipv4", ApiVersion::new(1, 47))).into_iter().collect()
    }

    /// The address pools of `ipam_config`, by value.
    ///
    /// # Errors
    /// Names the address that is none.
    pub fn pools(&self) -> Result<Vec<Pool>, Failure> {
        self.ipam_config.iter().flatten().enumerate().map(|(index, pool)| pool.read(index)).collect()
    }
}

impl PoolOptions {
    fn read(&self, index: usize) -> Result<Pool, Failure> {
        let address = |option: &str, text: &str| {
            Written::address(text).ok_or_else(|| {
                Failure::new(format!(
                    "`ipam_config[{index}].{option}`: {text:?} is not an IP address (without prefix length)"
                ))
            })
        };
        let aux_addresses = self.aux_addresses.iter().flatten();
        Ok(Pool {
            subnet: self.subnet.as_deref().map(cidr).transpose()?,
            iprange: self.iprange.as_deref().map(cidr).transpose()?,
            gateway: self.gateway.as_deref().map(|text| address("gateway", text)).transpose()?,
            aux_addresses: aux_addresses
                .map(|(host, text)| Ok((host.clone(), address(&format!("aux_addresses.{host}"), text)?)))
                .collect::<Result<_, Failure>>()?,
        })
    }
}

fn cidr(text: &str) -> Result<Written<IpNet>, Failure> {
    // The peer's wording, which plays match on.
    Written::subnet(text).ok_or_else(|| Failure::new(format!("\"{text}\" is not a valid CIDR")))
}
