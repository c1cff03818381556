//! Networks, and how a service joins one.

use std::collections::BTreeMap;

use crate::Error;
use crate::fields::Item;
use crate::load::Context;
use crate::model::{external, one_name};

/// A network of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// The name to use as it is; none for the stack's name and the key's.
    pub name: Option<String>,
    /// Whether it must be there already.
    pub external: bool,
    /// The driver; empty for overlay.
    pub driver: String,
    /// Its options.
    pub driver_opts: BTreeMap<String, String>,
    /// The driver that hands out addresses; empty for the default.
    pub ipam_driver: String,
    /// That driver's options.
    pub ipam_options: BTreeMap<String, String>,
    /// The address pools.
    pub pools: Vec<IpamPool>,
    /// Whether it is cut off from the outside.
    pub internal: bool,
    /// Whether containers that belong to no service may join.
    pub attachable: bool,
    /// Whether it has IPv4; none when nothing is said.
    pub enable_ipv4: Option<bool>,
    /// Whether it has IPv6; none when nothing is said.
    pub enable_ipv6: Option<bool>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// One pool of addresses; empty for the engine's choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IpamPool {
    /// Such as 10.1.0.0/24.
    pub subnet: String,
    /// The part from which addresses are handed out.
    pub ip_range: String,
    /// The gateway's address.
    pub gateway: String,
    /// Addresses that are taken, by a name.
    pub aux_addresses: BTreeMap<String, String>,
}

/// How a service joins a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attachment {
    /// The names by which others reach it there, besides its own.
    pub aliases: Vec<String>,
    /// The driver's options for it.
    pub driver_opts: BTreeMap<String, String>,
}

impl Network {
    pub(crate) fn read(item: &Item<'_>, context: &mut Context<'_>) -> Result<Network, Error> {
        let _ = context;
        let key = item.path.rsplit('.').next().unwrap_or_default();
        let mut fields = item.fields()?;
        let name = fields.read("name", Item::text)?;
        let external = external(fields.take("external"))?;
        let (name, external) = one_name(name, external, key, &item.node.place, &item.path)?;
        let mut network = Network {
            name,
            external,
            driver: fields.read("driver", Item::text)?.unwrap_or_default(),
            driver_opts: fields.read("driver_opts", Item::texts_by_key)?.unwrap_or_default(),
            internal: fields.read("internal", Item::boolean)?.unwrap_or(false),
            attachable: fields.read("attachable", Item::boolean)?.unwrap_or(false),
            enable_ipv4: fields.read("enable_ipv4", Item::boolean)?,
            enable_ipv6: fields.read("enable_ipv6", Item::boolean)?,
            labels: fields.read("labels", Item::texts_by_key)?.unwrap_or_default(),
            ..Network::default()
        };
        if let Some(ipam) = fields.take("ipam") {
            let mut fields = ipam.fields()?;
            network.ipam_driver = fields.read("driver", Item::text)?.unwrap_or_default();
            network.ipam_options = fields.read("options", Item::texts_by_key)?.unwrap_or_default();
            if let Some(pools) = fields.take("config") {
                network.pools = pools.items()?.iter().map(IpamPool::read).collect::<Result<_, _>>()?;
            }
            fields.end(&[])?;
        }
        fields.end(&[])?;
        Ok(network)
    }
}

impl IpamPool {
    fn read(item: &Item<'_>) -> Result<IpamPool, Error> {
        let mut fields = item.fields()?;
        let pool = IpamPool {
            subnet: fields.read("subnet", Item::text)?.unwrap_or_default(),
            ip_range: fields.read("ip_range", Item::text)?.unwrap_or_default(),
            gateway: fields.read("gateway", Item::text)?.unwrap_or_default(),
            aux_addresses: fields.read("aux_addresses", Item::texts_by_key)?.unwrap_or_default(),
        };
        fields.end(&[])?;
        Ok(pool)
    }
}

impl Attachment {
    pub(crate) fn read(item: &Item<'_>, context: &mut Context<'_>) -> Result<Attachment, Error> {
        let mut fields = item.fields()?;
        let attachment = Attachment {
            aliases: fields.read("aliases", Item::texts)?.unwrap_or_default(),
            driver_opts: fields.read("driver_opts", Item::texts_by_key)?.unwrap_or_default(),
        };
        for key in ["ipv4_address", "ipv6_address"] {
            if let Some(address) = fields.take(key) {
                context.warn(&address.node.place, &address.path, "ignored: a swarm hands out addresses itself");
            }
        }
        let hint = "a swarm's services can't set it";
        fields.end(&[("priority", hint), ("gw_priority", hint), ("link_local_ips", hint), ("mac_address", hint)])?;
        Ok(attachment)
    }
}
