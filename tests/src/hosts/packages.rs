//! The hosts' way to Debian packages: a proxy on their bridge that passes on what goes to the machine's mirror, and
//! refuses all else. So apt works in a host although no packet of its own leaves the machine.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::Failure;
use crate::namespace::Namespace;

const ADDRESS: &str = "192.168.77.1:3142";
/// More than any request of apt's has.
const LONGEST_HEAD: u64 = 16 << 10;

/// Serves until the namespaces end.
pub(super) fn serve(namespace: &Namespace) -> Result<(), Failure> {
    let (listener, mirror) = listen(namespace)?;
    let namespace = namespace.watch();
    answer(&listener, &mirror, || namespace.lives());
    Ok(())
}

/// The same on threads of this process.
pub(super) fn in_background(namespace: &Namespace) -> Result<(), Failure> {
    let (listener, mirror) = listen(namespace)?;
    let namespace = namespace.watch();
    std::thread::spawn(move || answer(&listener, &mirror, || namespace.lives()));
    Ok(())
}

/// A socket belongs to the namespace that it was made in; what is accepted is passed on from the machine's.
fn listen(namespace: &Namespace) -> Result<(TcpListener, Arc<Mirror>), Failure> {
    let failed = |error: io::Error| Failure::new("listening for the hosts' apt", error);
    let listener = namespace.inside(|| TcpListener::bind(ADDRESS))?.map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok((listener, Arc::new(Mirror::of_machine()?)))
}

fn answer(listener: &TcpListener, mirror: &Arc<Mirror>, lives: impl Fn() -> bool) {
    while lives() {
        match listener.accept() {
            Ok((client, _)) => {
                let mirror = Arc::clone(mirror);
                // What breaks off is asked for again by apt, which says why it can't have it.
                std::thread::spawn(move || pass_on(&client, &mirror));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// The one place that hosts may ask.
#[derive(Debug)]
struct Mirror {
    host: String,
    port: u16,
}

impl Mirror {
    fn of_machine() -> Result<Mirror, Failure> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("engines/mirror");
        let doing = "asking for the machine's mirror";
        let done = Command::new(script).output().map_err(|error| Failure::new(doing, error))?;
        let url = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        Mirror::of(&url).ok_or_else(|| Failure::new(doing, format!("{url:?} is no address of http or https")))
    }

    fn of(url: &str) -> Option<Mirror> {
        let (scheme, rest) = url.split_once("://")?;
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        Some(Mirror::at(rest.split('/').next()?, default))
    }

    fn at(authority: &str, default: u16) -> Mirror {
        let split = authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = split.unwrap_or((authority, default));
        Mirror { host: host.to_owned(), port }
    }

    fn is(&self, other: &Mirror) -> bool {
        self.host == other.host && self.port == other.port
    }
}

fn pass_on(client: &TcpStream, mirror: &Mirror) -> io::Result<()> {
    client.set_nonblocking(false)?;
    let mut reader = BufReader::new(client.try_clone()?.take(LONGEST_HEAD));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        headers.push(line.trim_end().to_owned());
    }
    let mut words = first.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let asked = match method {
        "CONNECT" => Some(Mirror::at(target, 443)),
        "GET" | "HEAD" => Mirror::of(target),
        _ => None,
    };
    let mut client = client;
    if asked.is_none_or(|asked| !asked.is(mirror)) {
        let reason = "HTTP/1.1 403 Only the mirror of the machine\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return client.write_all(reason.as_bytes());
    }
    let mut server = TcpStream::connect((mirror.host.as_str(), mirror.port))?;
    if method == "CONNECT" {
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
        let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            to.shutdown(Shutdown::Write)
        });
    } else {
        let path = target.splitn(4, '/').nth(3).unwrap_or_default();
        let kept = headers.iter().filter(|line| !line.to_ascii_lowercase().contains("connection:"));
        let kept: String = kept.map(|line| format!("{line}\r\n")).collect();
        server.write_all(format!("{method} /{path} HTTP/1.1\r\n{kept}Connection: close\r\n\r\n").as_bytes())?;
    }
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

#[cfg(test)]
mod tests {
    use super::Mirror;

    #[test]
    fn only_the_mirror_is_the_mirror() {
        let mirror = Mirror::of("http://deb.example/debian/").unwrap();
        for (asked, is) in [
            ("http://deb.example/debian/dists/x", true),
            ("http://deb.example:80/y", true),
            ("https://deb.example/", false),
            ("http://deb.example:8080/", false),
            ("http://deb.example.org/", false),
            ("http://example/deb.example", false),
        ] {
            assert_eq!(Mirror::of(asked).unwrap().is(&mirror), is, "{asked}");
        }
        assert!(Mirror::of("ftp://deb.example/").is_none());
        assert_eq!(Mirror::at("deb.example:443", 80).port, 443);
    }
}
