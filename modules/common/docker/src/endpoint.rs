//! Where the engine is: `docker_host` taken apart.

use std::fmt;
use std::path::PathBuf;

use crate::Error;

/// The engine's place, parsed from `docker_host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A TCP port.
    Tcp {
        /// Name or address, without the brackets of an IPv6 one.
        host: String,
        /// The port.
        port: u16,
        /// Whether the connection is TLS.
        tls: bool,
    },
    /// Another machine's engine, through its `docker system dial-stdio`.
    Ssh {
        /// The user to log in as; ssh's own choice without it.
        user: Option<String>,
        /// Name, address, or `Host` alias of the ssh configuration.
        host: String,
        /// The port; ssh's own choice without it.
        port: Option<u16>,
        /// The engine's socket on that machine, where it is not the default.
        socket: Option<String>,
    },
}

impl Endpoint {
    /// Parses `docker_host`. `tls` says whether the user asked for TLS: `tcp` then means `https`, as does the peer.
    ///
    /// # Errors
    /// An unknown scheme, a missing host or a bad port.
    pub fn parse(docker_host: &str, tls: bool) -> Result<Endpoint, Error> {
        let bad =
            |reason: &str| Error::BadHost { docker_host: without_password(docker_host), reason: reason.to_owned() };
        let (scheme, rest) = match docker_host.split_once("://") {
            Some(parts) => parts,
            None if docker_host.starts_with('/') => ("unix", docker_host),
            None => ("tcp", docker_host),
        };
        match scheme {
            "unix" | "http+unix" if rest.is_empty() => Err(bad("the socket's path is missing")),
            // unix://var/run/x is common and means /var/run/x.
            "unix" | "http+unix" => Ok(Endpoint::Unix(PathBuf::from(format!("/{}", rest.trim_start_matches('/'))))),
            "tcp" | "http" | "https" => {
                let tls = tls || scheme == "https";
                let place = rest.trim_end_matches('/');
                if place.contains('/') {
                    return Err(bad("a path below the host is not supported"));
                }
                if place.contains('@') {
                    return Err(bad("a user in the URL is not supported"));
                }
                let (host, port) = host_and_port(place).map_err(bad)?;
                Ok(Endpoint::Tcp { host, port: port.unwrap_or(if tls { 2376 } else { 2375 }), tls })
            }
            "ssh" => {
                let (place, socket) = match rest.split_once('/') {
                    Some((place, path)) if !path.is_empty() => (place, Some(format!("/{path}"))),
                    Some((place, _)) => (place, None),
                    None => (rest, None),
                };
                let (user, place) = match place.rsplit_once('@') {
                    Some((user, _)) if user.contains(':') => {
                        return Err(bad("a password in the URL is not supported, use a key"));
                    }
                    Some((user, place)) => (Some(user.to_owned()), place),
                    None => (None, place),
                };
                let (host, port) = host_and_port(place).map_err(bad)?;
                // ssh would take it for an option.
                if host.starts_with('-') || user.as_deref().is_some_and(|user| user.starts_with('-')) {
                    return Err(bad("a name that begins with a dash is not allowed"));
                }
                Ok(Endpoint::Ssh { user, host, port, socket })
            }
            "npipe" | "fd" => Err(bad("this kind of address works only on the engine's own host and system")),
            _ => Err(bad("its scheme is unknown")),
        }
    }
}

/// The address as it may be shown: what stands between a user's colon and the `@` is a secret.
fn without_password(docker_host: &str) -> String {
    let start = docker_host.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = docker_host.split_at(start);
    match rest.rsplit_once('@').and_then(|(user, place)| Some((user.split_once(':')?.0, place))) {
        Some((user, place)) => format!("{scheme}{user}:********@{place}"),
        None => docker_host.to_owned(),
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
            (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some("")))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("")),
        },
    };
    if host.is_empty() {
        return Err("the host is missing");
    }
    match port {
        Some("") => Ok((host.to_owned(), None)),
        Some(port) => match port.parse() {
            Ok(port) if port != 0 => Ok((host.to_owned(), Some(port))),
            _ => Err("the port is not a number between 1 and 65535 (an IPv6 address stands in brackets)"),
        },
        None => Err("the port does not follow the host by a colon"),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Unix(path) => write!(out, "unix://{}", path.display()),
            Endpoint::Tcp { host, port, tls } => {
                let scheme = if *tls { "https" } else { "tcp" };
                if host.contains(':') {
                    write!(out, "{scheme}://[{host}]:{port}")
                } else {
                    write!(out, "{scheme}://{host}:{port}")
                }
            }
            Endpoint::Ssh { user, host, port, socket } => {
                out.write_str("ssh://")?;
                if let Some(user) = user {
                    write!(out, "{user}@")?;
                }
                if host.contains(':') {
                    write!(out, "[{host}]")?
                } else {
                    out.write_str(host)?
                }
                if let Some(port) = port {
                    write!(out, ":{port}")?;
                }
                out.write_str(socket.as_deref().unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_docker_host_is_understood_and_printed() {
        for (docker_host, tls, printed) in [
            ("unix:///var/run/docker.sock", false, "unix:///var/run/docker.sock"),
            ("unix://var/run/docker.sock", true, "unix:///var/run/docker.sock"),
            ("/run/podman/podman.sock", false, "unix:///run/podman/podman.sock"),
            ("tcp://db:2375", false, "tcp://db:2375"),
            ("tcp://db:2376", true, "https://db:2376"),
            ("tcp://db", false, "tcp://db:2375"),
            ("tcp://db", true, "https://db:2376"),
            ("https://db:5000/", false, "https://db:5000"),
            ("http://10.0.0.1:6000", false, "tcp://10.0.0.1:6000"),
            ("tcp://[::1]:2375", false, "tcp://[::1]:2375"),
            ("tcp://[fe80::1%eth0]", false, "tcp://[fe80::1%eth0]:2375"),
            ("10.0.0.1:2375", false, "tcp://10.0.0.1:2375"),
            ("ssh://db", false, "ssh://db"),
            ("ssh://root@db:2222", false, "ssh://root@db:2222"),
            ("ssh://a@b@db/run/user/1000/docker.sock", false, "ssh://a@b@db/run/user/1000/docker.sock"),
            ("ssh://[::1]:22/", false, "ssh://[::1]:22"),
        ] {
            let endpoint = Endpoint::parse(docker_host, tls).unwrap();
            assert_eq!(endpoint.to_string(), printed, "{docker_host} tls={tls}");
        }
    }

    #[test]
    fn a_bad_docker_host_is_refused_with_its_reason() {
        for (docker_host, reason) in [
            ("unix://", "path is missing"),
            ("tcp://", "host is missing"),
            ("tcp://:2375", "host is missing"),
            ("tcp://db:x", "port is not a number"),
            ("tcp://db:0", "port is not a number"),
            ("tcp://::1", "host is missing"),
            ("tcp://fe80::1", "in brackets"),
            ("tcp://[::1", "not closed"),
            ("tcp://[::1]2375", "by a colon"),
            ("tcp://db:2375/prefix", "path below the host"),
            ("ssh://root:secret@db", "password in the URL"),
            ("tcp://root:secret@db:2375", "user in the URL"),
            ("gopher://root:se@cret:x@db", "scheme is unknown"),
            ("ssh://-oProxyCommand=x", "dash"),
            ("npipe:////./pipe/docker_engine", "own host"),
            ("gopher://db", "scheme is unknown"),
        ] {
            let error = Endpoint::parse(docker_host, false).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains("`docker_host`"), "{docker_host}: {error}");
            assert!(!error.contains("secret") && !error.contains("cret:x"), "{error}");
        }
    }
}
