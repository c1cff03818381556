//! The words that `iptables` is given for a rule, in the order in which ansible.builtin.iptables writes them: they are
//! returned, and what iptables complains about names them.

use ansible::Failure;

use super::options::{IpVersion, Options, Syn};

/// The words of the rule that the options make; none when they make no rule.
///
/// # Errors
/// An option is empty, or lacks the other that it needs.
pub fn words(options: &Options, jump: Option<&str>) -> Result<Vec<String>, Failure> {
    let o = options;
    let mut rule = Words { words: Vec::new(), loaded: o.matches.clone() };
    let jumps_to = |target: &str| jump.is_some_and(|jump| jump.eq_ignore_ascii_case(target));
    rule.option("protocol", &o.protocol, "-p")?;
    rule.option("source", &o.source, "-s")?;
    rule.option("destination", &o.destination, "-d")?;
    for name in &o.matches {
        rule.one("match", name, "-m")?;
    }
    if let Some((flags, set)) = o.tcp_flags.as_ref().and_then(|tcp| tcp.flags.as_ref().zip(tcp.flags_set.as_ref())) {
        rule.push(&["--tcp-flags", &flags.join(","), &set.join(",")]);
    }
    if let Some(jump) = jump {
        rule.one("jump", jump, "-j")?;
    }
    if jumps_to("tee") {
        rule.option("gateway", &o.gateway, "--gateway")?;
    }
    rule.option("log_prefix", &o.log_prefix, "--log-prefix")?;
    rule.option("log_level", &o.log_level, "--log-level")?;
    rule.option("to_destination", &o.to_destination, "--to-destination")?;
    if !o.destination_ports.is_empty() {
        rule.load("multiport");
        rule.push(&["--dports", &o.destination_ports.join(",")]);
    }
    rule.option("to_source", &o.to_source, "--to-source")?;
    rule.option("goto", &o.goto, "-g")?;
    rule.option("in_interface", &o.in_interface, "-i")?;
    rule.option("out_interface", &o.out_interface, "-o")?;
    rule.option("fragment", &o.fragment, "-f")?;
    rule.option("set_counters", &o.set_counters, "-c")?;
    rule.option("source_port", &o.source_port, "--source-port")?;
    rule.option("destination_port", &o.destination_port, "--destination-port")?;
    rule.option("to_ports", &o.to_ports, "--to-ports")?;
    for (name, value, flag) in [
        ("set_dscp_mark", &o.set_dscp_mark, "--set-dscp"),
        ("set_dscp_mark_class", &o.set_dscp_mark_class, "--set-dscp-class"),
    ] {
        rule.option(name, value, flag)?;
        if value.is_some() && !jumps_to("dscp") {
            rule.push(&["-j", "DSCP"]);
        }
    }
    match o.syn {
        Syn::Ignore => {}
        Syn::Match => rule.push(&["--syn"]),
        Syn::Negate => rule.push(&["!", "--syn"]),
    }
    rule.states(&o.ctstate);
    if o.src_range.is_some() || o.dst_range.is_some() {
        rule.load("iprange");
        rule.option("src_range", &o.src_range, "--src-range")?;
        rule.option("dst_range", &o.dst_range, "--dst-range")?;
    }
    rule.set(o)?;
    if o.limit.is_some() || o.limit_burst.is_some() {
        rule.load("limit");
        rule.option("limit", &o.limit, "--limit")?;
        rule.option("limit_burst", &o.limit_burst, "--limit-burst")?;
    }
    for (name, value, flag) in [("uid_owner", &o.uid_owner, "--uid-owner"), ("gid_owner", &o.gid_owner, "--gid-owner")]
    {
        if value.is_some() {
            rule.load("owner");
            rule.option(name, value, flag)?;
        }
    }
    if jump.is_none() && o.reject_with.is_some() {
        rule.push(&["-j", "REJECT"]);
    }
    rule.option("reject_with", &o.reject_with, "--reject-with")?;
    let icmp = match o.ip_version {
        IpVersion::Ipv4 => "--icmp-type",
        IpVersion::Ipv6 => "--icmpv6-type",
        IpVersion::Both => "--icmp-type --icmpv6-type",
    };
    rule.option("icmp_type", &o.icmp_type, icmp)?;
    if o.comment.is_some() {
        rule.load("comment");
        rule.option("comment", &o.comment, "--comment")?;
    }
    Ok(rule.words)
}

struct Words {
    words: Vec<String>,
    /// The matches that `-m` has named.
    loaded: Vec<String>,
}

impl Words {
    fn push(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(|word| (*word).to_owned()));
    }

    fn option(&mut self, name: &str, value: &Option<String>, flag: &str) -> Result<(), Failure> {
        value.as_ref().map_or(Ok(()), |value| self.one(name, value, flag))
    }

    /// A `!` that a value begins with goes before the flag.
    fn one(&mut self, name: &str, value: &str, flag: &str) -> Result<(), Failure> {
        if value.is_empty() {
            return Err(Failure::new(format!("`{name}` is empty: leave it out, or give it a value")));
        }
        match value.strip_prefix('!') {
            Some(value) => self.push(&["!", flag, value]),
            None => self.push(&[flag, value]),
        }
        Ok(())
    }

    fn load(&mut self, name: &str) {
        if !self.loaded.iter().any(|loaded| loaded == name) {
            self.push(&["-m", name]);
            self.loaded.push(name.to_owned());
        }
    }

    fn states(&mut self, states: &[String]) {
        if states.is_empty() {
            return;
        }
        let loaded = |name: &str| self.loaded.iter().any(|loaded| loaded == name);
        let flag = if loaded("state") && !loaded("conntrack") {
            "--state"
        } else {
            self.load("conntrack");
            "--ctstate"
        };
        self.push(&[flag, &states.join(",")]);
    }

    fn set(&mut self, options: &Options) -> Result<(), Failure> {
        match (&options.match_set, &options.match_set_flags) {
            (None, None) => Ok(()),
            (Some(set), Some(flags)) => {
                self.load("set");
                self.one("match_set", set, "--match-set")?;
                self.push(&[flags]);
                Ok(())
            }
            // The flags alone are left out, as long as no set is asked for.
            (None, Some(_)) if !options.matches.iter().any(|name| name == "set") => Ok(()),
            (Some(_), None) => {
                Err(Failure::new("`match_set` needs `match_set_flags`: src, dst, or both with a comma between them"))
            }
            (None, Some(_)) => Err(Failure::new("`match_set_flags` needs `match_set`: the name of a set")),
        }
    }
}
