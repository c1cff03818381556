//! A network's address pools.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::Written;

/// One address pool (`IPAM.Config` of a network). `None` and empty: left to the engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire")]
pub struct Pool {
    /// The addresses of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Written<IpNet>>,
    /// Those of them that containers get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iprange: Option<Written<IpNet>>,
    /// The gateway's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Written<IpAddr>>,
    /// Addresses that no container gets, by the name of the host that has them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub aux_addresses: BTreeMap<String, Written<IpAddr>>,
}

impl Pool {
    /// Whether this pool, as the engine made it, is what `wanted` asked for: what `wanted` names is equal. The engine
    /// fills in a gateway that was not named.
    pub fn meets(&self, wanted: &Pool) -> bool {
        let subnet = |asked| self.subnet.as_ref().is_some_and(|subnet| subnet.meets(asked));
        wanted.subnet.as_ref().is_none_or(subnet)
            && (wanted.iprange.is_none() || self.iprange == wanted.iprange)
            && (wanted.gateway.is_none() || self.gateway == wanted.gateway)
            && (wanted.aux_addresses.is_empty() || self.aux_addresses == wanted.aux_addresses)
    }
}

/// A pool as the engine writes it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wire {
    subnet: Option<String>,
    #[serde(rename = "IPRange")]
    iprange: Option<String>,
    gateway: Option<String>,
    auxiliary_addresses: BTreeMap<String, String>,
}

impl From<Wire> for Pool {
    /// What can't be read is as good as not said: a plug-in may write what it likes, and it equals nothing wanted.
    fn from(wire: Wire) -> Self {
        let subnet = |text: Option<String>| Written::subnet(&text?);
        // Engines before 25 write the IPv6 gateway that they chose with its prefix length.
        let address = |text: &str| Written::address(text.split('/').next()?);
        Pool {
            subnet: subnet(wire.subnet),
            iprange: subnet(wire.iprange),
            gateway: wire.gateway.as_deref().and_then(address),
            aux_addresses: wire
                .auxiliary_addresses
                .into_iter()
                .filter_map(|(host, text)| Some((host, address(&text)?)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(json: serde_json::Value) -> Pool {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn addresses_are_compared_by_value() {
        let wanted =
            pool(serde_json::json!({"Subnet": "fdd1:ac8c:0557:7ce1::/64", "Gateway": "fdd1:ac8c:557:7ce1:0::9"}));
        let there = pool(serde_json::json!({
            "Subnet": "fdd1:ac8c:557:7ce1::/64", "Gateway": "fdd1:ac8c:557:7ce1::9/64",
        }));
        assert!(there.meets(&wanted) && wanted.meets(&there));
        let host_bits = pool(serde_json::json!({"Subnet": "10.91.0.5/24", "IPRange": "", "Gateway": ""}));
        assert_eq!(host_bits, pool(serde_json::json!({"Subnet": "10.91.0.0/24"})));
    }

    #[test]
    fn what_is_named_must_be_equal_and_what_is_not_may_be_anything() {
        let there = pool(serde_json::json!({
            "Subnet": "10.91.0.0/24", "Gateway": "10.91.0.1", "IPRange": "10.91.0.0/25", "AuxiliaryAddresses": {"a": "10.91.0.9"},
        }));
        for (wanted, meets) in [
            (serde_json::json!({}), true),
            (serde_json::json!({"Subnet": "10.91.0.0/24"}), true),
            (serde_json::json!({"Subnet": "10.91.0.0/25"}), false),
            (serde_json::json!({"Gateway": "10.91.0.2"}), false),
            (serde_json::json!({"IPRange": "10.91.0.0/26"}), false),
            (serde_json::json!({"AuxiliaryAddresses": {"a": "10.91.0.9"}}), true),
            (serde_json::json!({"AuxiliaryAddresses": {"a": "10.91.0.8"}}), false),
            (serde_json::json!({"AuxiliaryAddresses": {"a": "10.91.0.9", "b": "10.91.0.10"}}), false),
            (serde_json::json!({"Subnet": "0.0.0.0/24"}), true),
            (serde_json::json!({"Subnet": "0.0.0.0/25"}), false),
            (serde_json::json!({"Subnet": "::/24"}), false),
        ] {
            assert_eq!(there.meets(&pool(wanted.clone())), meets, "{wanted}");
        }
    }
}
