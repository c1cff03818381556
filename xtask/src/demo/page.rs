//! The demo's page, as a visitor gets it.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::Site;

/// How many visits are enough to meet both web containers, which take turns.
const VISITS: usize = 10;

/// The web containers that must answer.
const WEBS: [&str; 2] = ["web1", "web2"];

/// What visiting the page showed.
pub struct Seen {
    url: String,
    text: String,
    /// The count that the database gave the last visitor.
    pub visitor: u64,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} says: {} ({} take turns)", self.url, self.text.trim(), WEBS.join(" and "))
    }
}

/// Visits the page until both web containers have answered; the database must have counted each visit.
pub fn look(site: &Site, port: u16) -> Result<Seen> {
    let url = format!("http://127.0.0.1:{port}/");
    let mut met = BTreeSet::new();
    let mut last: Option<Seen> = None;
    for _ in 0..VISITS {
        let text = site.inside(|| get(port))?.with_context(|| format!("fetching {url}"))?;
        let (web, visitor) = read(&text).ok_or_else(|| anyhow!("{url} gave another page: {}", text.trim()))?;
        if last.as_ref().is_some_and(|last| visitor <= last.visitor) {
            bail!("{url}: the database did not count the visit: {}", text.trim());
        }
        met.insert(web.to_owned());
        last = Some(Seen { url: url.clone(), text: text.clone(), visitor });
        if WEBS.iter().all(|web| met.contains(*web)) {
            break;
        }
    }
    match last {
        Some(seen) if WEBS.iter().all(|web| met.contains(*web)) => Ok(seen),
        _ => bail!("of {} only {met:?} answered in {VISITS} visits of {url}", WEBS.join(" and ")),
    }
}

/// The page's body.
fn get(port: u16) -> Result<String> {
    let mut stream = TcpStream::connect(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // 1.0: the answer ends with the connection, in no chunks.
    write!(stream, "GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| anyhow!("no HTTP answer: {answer:?}"))?;
    if head.split_whitespace().nth(1) != Some("200") {
        bail!("{}: {}", head.lines().next().unwrap_or_default(), body.trim());
    }
    Ok(body.to_owned())
}

/// The web container and the visitor's number of `Hello from web1. You are visitor 3, says the database.`
fn read(text: &str) -> Option<(&str, u64)> {
    let (web, rest) = text.trim().strip_prefix("Hello from ")?.split_once(". You are visitor ")?;
    Some((web, rest.strip_suffix(", says the database.")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_page_without_the_database_is_no_page() {
        assert_eq!(read("Hello from web1. You are visitor 3, says the database.\n"), Some(("web1", 3)));
        assert_eq!(read("Hello from web1. You are visitor , says the database.\n"), None);
        assert_eq!(read("The database does not answer.\n"), None);
    }
}
