//! Interfaces, addresses, default routes, name servers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use serde_json::{Map, Value, json};

use super::os::map;
use super::root::Root;

/// One interface, as far as its addresses go.
#[derive(Default)]
struct Interface {
    active: bool,
    promiscuous: bool,
    v4: Vec<V4>,
    v6: Vec<V6>,
}

struct V4 {
    label: String,
    address: Ipv4Addr,
    netmask: Ipv4Addr,
    broadcast: Option<Ipv4Addr>,
}

struct V6 {
    address: Ipv6Addr,
    prefix: u32,
    scope: &'static str,
}

/// The facts under Ansible's names.
pub fn facts(root: &Root) -> Map<String, Value> {
    let interfaces = interfaces(root);
    let names: Vec<&String> = interfaces.keys().collect();
    let v4 = interfaces.values().flat_map(|i| &i.v4).map(|v4| v4.address).filter(|address| !address.is_loopback());
    let v6 = interfaces.values().flat_map(|i| &i.v6).map(|v6| v6.address).filter(|address| !address.is_loopback());
    let mut facts = map(json!({
        "interfaces": names,
        "all_ipv4_addresses": v4.collect::<Vec<_>>(),
        "all_ipv6_addresses": v6.collect::<Vec<_>>(),
        "default_ipv4": default_v4(root, &interfaces),
        "default_ipv6": default_v6(root, &interfaces),
        "dns": dns(&root.text("/etc/resolv.conf")),
    }));
    for (name, interface) in &interfaces {
        facts.insert(name.replace(['-', ':', '.'], "_"), shown(root, name, interface));
    }
    facts
}

/// All of `/sys/class/net`, with the addresses that the kernel gives them.
fn interfaces(root: &Root) -> BTreeMap<String, Interface> {
    let names = root.names("/sys/class/net").into_iter().filter(|name| root.has(&format!("/sys/class/net/{name}/mtu")));
    let mut all: BTreeMap<String, Interface> = names.map(|name| (name, Interface::default())).collect();
    for found in getifaddrs().into_iter().flatten() {
        let name = found.interface_name.split(':').next().unwrap_or_default();
        let interface = all.entry(name.to_owned()).or_default();
        interface.active |= found.flags.contains(InterfaceFlags::IFF_UP);
        interface.promiscuous |= found.flags.contains(InterfaceFlags::IFF_PROMISC);
        let ip = |address: &Option<nix::sys::socket::SockaddrStorage>| {
            let address = address.as_ref()?;
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
        };
        match (ip(&found.address), ip(&found.netmask)) {
            (Some(IpAddr::V4(address)), Some(IpAddr::V4(netmask))) => {
                let broadcast = match ip(&found.broadcast) {
                    Some(IpAddr::V4(broadcast)) if found.flags.contains(InterfaceFlags::IFF_BROADCAST) => {
                        Some(broadcast)
                    }
                    _ => None,
                };
                interface.v4.push(V4 { label: found.interface_name.clone(), address, netmask, broadcast });
            }
            (Some(IpAddr::V6(address)), Some(IpAddr::V6(netmask))) => {
                let prefix = u128::from(netmask).count_ones();
                interface.v6.push(V6 { address, prefix, scope: scope(address) });
            }
            _ => {}
        }
    }
    all
}

/// Source: RFC 4007 and the words of `ip address`.
fn scope(address: Ipv6Addr) -> &'static str {
    if address.is_loopback() {
        "host"
    } else if address.is_unicast_link_local() {
        "link"
    } else {
        "global"
    }
}

/// An interface as a fact.
fn shown(root: &Root, name: &str, interface: &Interface) -> Value {
    let mut fact = map(json!({
        "device": name,
        "active": interface.active,
        "promisc": interface.promiscuous,
        "mtu": mtu(root, name),
        "macaddress": mac(root, name),
        "type": kind(root, name),
    }));
    let mut v4 = interface.v4.iter().map(v4_fact);
    if let Some(first) = v4.next() {
        fact.insert("ipv4".to_owned(), first);
        let more: Vec<Value> = v4.collect();
        if !more.is_empty() {
            fact.insert("ipv4_secondaries".to_owned(), more.into());
        }
    }
    let v6 = interface
        .v6
        .iter()
        .map(|v6| json!({ "address": v6.address, "prefix": v6.prefix.to_string(), "scope": v6.scope }));
    let v6: Vec<Value> = v6.collect();
    if !v6.is_empty() {
        fact.insert("ipv6".to_owned(), v6.into());
    }
    fact.retain(|_, value| !value.is_null());
    Value::Object(fact)
}

fn v4_fact(v4: &V4) -> Value {
    json!({
        "address": v4.address,
        "broadcast": v4.broadcast.map_or_else(String::new, |broadcast| broadcast.to_string()),
        "netmask": v4.netmask,
        "network": Ipv4Addr::from(u32::from(v4.address) & u32::from(v4.netmask)),
        "prefix": u32::from(v4.netmask).count_ones().to_string(),
    })
}

fn mtu(root: &Root, name: &str) -> Option<u64> {
    root.line(&format!("/sys/class/net/{name}/mtu"))?.parse().ok()
}

fn mac(root: &Root, name: &str) -> Option<String> {
    root.line(&format!("/sys/class/net/{name}/address")).filter(|mac| mac != "00:00:00:00:00:00")
}

/// Source: the kernel's `if_arp.h`.
fn kind(root: &Root, name: &str) -> &'static str {
    let has = |file: &str| root.has(&format!("/sys/class/net/{name}/{file}"));
    match root.line(&format!("/sys/class/net/{name}/type")).as_deref() {
        _ if has("bridge") => "bridge",
        _ if has("bonding") => "bonding",
        Some("1") => "ether",
        Some("32") => "infiniband",
        Some("512") => "ppp",
        Some("772") => "loopback",
        _ => "unknown",
    }
}

/// The address that a packet to the world outside would carry. None is sent.
fn own_address(to: &str, any: &str) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((to, 53)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The interface and the gateway of the default route.
fn default_v4(root: &Root, interfaces: &BTreeMap<String, Interface>) -> Value {
    let routes = root.text("/proc/net/route");
    let defaults = routes.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, "00000000", gateway, _, _, _, metric, "00000000", ..] = fields.as_slice() else { return None };
        let gateway = Ipv4Addr::from(u32::from_str_radix(gateway, 16).ok()?.swap_bytes());
        Some((metric.parse::<u64>().ok()?, (*name).to_owned(), gateway))
    });
    let Some((_, name, gateway)) = defaults.min_by_key(|(metric, _, _)| *metric) else { return json!({}) };
    let mut fact = map(json!({ "interface": name }));
    if !gateway.is_unspecified() {
        fact.insert("gateway".to_owned(), json!(gateway));
    }
    let Some(IpAddr::V4(own)) = own_address("8.8.8.8", "0.0.0.0") else { return fact.into() };
    fact.insert("address".to_owned(), json!(own));
    if let Some(v4) = interfaces.get(&name).and_then(|i| i.v4.iter().find(|v4| v4.address == own)) {
        fact.extend(map(v4_fact(v4)));
        fact.insert("alias".to_owned(), json!(v4.label));
        fact.insert("mtu".to_owned(), json!(mtu(root, &name)));
        fact.insert("macaddress".to_owned(), json!(mac(root, &name)));
        fact.insert("type".to_owned(), json!(kind(root, &name)));
    }
    fact.into()
}

fn default_v6(root: &Root, interfaces: &BTreeMap<String, Interface>) -> Value {
    let routes = root.text("/proc/net/ipv6_route");
    let defaults = routes.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [to, "00", _, "00", gateway, metric, .., name] = fields.as_slice() else { return None };
        // The kernel keeps a default route that refuses on the loopback interface.
        if to.bytes().any(|byte| byte != b'0') || *name == "lo" {
            return None;
        }
        let gateway = Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?);
        Some((u64::from_str_radix(metric, 16).ok()?, (*name).to_owned(), gateway))
    });
    let Some((_, name, gateway)) = defaults.min_by_key(|(metric, _, _)| *metric) else { return json!({}) };
    let mut fact = map(json!({ "interface": name }));
    if !gateway.is_unspecified() {
        fact.insert("gateway".to_owned(), json!(gateway));
    }
    let Some(IpAddr::V6(own)) = own_address("2001:4860:4860::8888", "::") else { return fact.into() };
    fact.insert("address".to_owned(), json!(own));
    if let Some(v6) = interfaces.get(&name).and_then(|i| i.v6.iter().find(|v6| v6.address == own)) {
        fact.insert("prefix".to_owned(), v6.prefix.to_string().into());
        fact.insert("scope".to_owned(), v6.scope.into());
        fact.insert("mtu".to_owned(), json!(mtu(root, &name)));
        fact.insert("macaddress".to_owned(), json!(mac(root, &name)));
        fact.insert("type".to_owned(), json!(kind(root, &name)));
    }
    fact.into()
}

/// Source: resolv.conf(5).
fn dns(text: &str) -> Value {
    let mut dns = Map::new();
    for line in text.lines().filter(|line| !line.starts_with(['#', ';'])) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => {
                let servers = dns.entry("nameservers").or_insert_with(|| json!([]));
                if let Value::Array(servers) = servers {
                    servers.extend(words.map(Value::from));
                }
            }
            Some("domain") => {
                dns.insert("domain".to_owned(), words.next().into());
            }
            Some(key @ ("search" | "sortlist")) => {
                dns.insert(key.to_owned(), words.collect());
            }
            Some("options") => {
                let option = |word: &str| match word.split_once(':') {
                    Some((name, value)) => (name.to_owned(), value.into()),
                    None => (word.to_owned(), true.into()),
                };
                dns.insert("options".to_owned(), Value::Object(words.map(option).collect()));
            }
            _ => {}
        }
    }
    dns.into()
}
