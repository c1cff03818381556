//! `volumes serve`: the Docker volume plug-in.

mod calls;
mod listen;
mod metrics;
mod reconcile;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ansible::Tool;
use ansible::clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use docker::Connection;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_blocking, spawn_local};

use self::calls::Answer;
use self::metrics::Metrics;
use super::desk::Desk;
use super::spec::BACKENDS;
use super::store::{ROOT, Store, erase};
use super::users::{Here, LOCAL};
use crate::trouble::{Doing, Result, trouble};

pub const TOOL: Tool = Tool {
    name: "serve",
    about: "The Docker volume plug-in: answers the engine's calls on a socket",
    arguments,
    run: |given| Box::pin(async move { Ok(LocalSet::new().run_until(run(given)).await?) }),
};

/// Where the engine looks for the plug-in `cdgp`.
pub const SOCKET: &str = "/run/docker/plugins/cdgp.sock";

const HELP: &str = "\
The engine finds the plug-in by its socket, whose name is the driver's: docker volume create --driver cdgp ...
With systemd's socket activation (`volumes units`) the socket is there before the engine starts.

Options of a volume (docker volume create --opt):
  backend           directory, reflink, btrfs, tmpfs, image, nfs or cifs
  size              limit of btrfs, tmpfs and image: 512M, 10G
  mode, owner       of its topmost folder: 0750, 999:999
  from_snapshot     VOLUME/SNAPSHOT that it is filled with
  filesystem        of image: ext4 or xfs
  device, o         of nfs and cifs, as mount(8) takes them
  cifs_credentials  file with username=, password= and domain=";

fn arguments(command: Command) -> Command {
    let path = |name: &'static str, usual: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("PATH")
            .default_value(usual)
            .value_parser(value_parser!(PathBuf))
            .help(help)
    };
    command
        .arg(path("socket", SOCKET, "where to listen, unless systemd has the socket"))
        .arg(path("root", ROOT, "where the volumes are; not below the engine's own folder"))
        .arg(Arg::new("group").long("group").value_name("NUMBER").value_parser(value_parser!(u32)).help(
            "let this group, by number, use the socket too (mode 0660); by default root alone (0600)",
        ))
        .arg(
            Arg::new("backend")
                .long("backend")
                .value_name("BACKEND")
                .value_parser(BACKENDS)
                .help("of volumes that name none; else what CDGP_BACKEND says, else directory"),
        )
        .arg(Arg::new("scope").long("scope").value_parser(["local", "global"]).default_value("local").help(
            "global: the root is on a file system that every node of the swarm shares",
        ))
        .arg(Arg::new("node").long("node").value_name("NAME").help(
            "this host's name among those that share the root; by default the host's own",
        ))
        .arg(
            Arg::new("docker-host")
                .long("docker-host")
                .short('H')
                .value_name("ADDRESS")
                .action(ArgAction::Append)
                .help("an engine that uses the plug-in, for the check of who really does; may be given several times; `none` for no check"),
        )
        .arg(
            Arg::new("grace")
                .long("grace")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64))
                .default_value("150")
                .help("a mount younger than this is in use, whatever the engine says"),
        )
        .arg(Arg::new("metrics").long("metrics").value_name("ADDRESS").help(
            "serve metrics for Prometheus at unix:PATH or 127.0.0.1:PORT",
        ))
        .arg(Arg::new("managed").long("managed").action(ArgAction::SetTrue).help(
            "the engine runs this itself, as a managed plug-in, and is its only user",
        ))
        .after_help(HELP)
}

/// What all connections share.
pub(super) struct Service {
    desk: Arc<Desk>,
    scope: &'static str,
    metrics: Metrics,
    /// Wakes the check of who really uses what.
    check: Notify,
}

async fn run(given: ArgMatches) -> Result<()> {
    let root: &PathBuf = given.get_one("root").ok_or_else(|| trouble!("`--root` is missing"))?;
    let global = given.get_one::<String>("scope").is_some_and(|scope| scope == "global");
    let host = if global { host_name(given.get_one::<String>("node"))? } else { LOCAL.to_owned() };
    let store = Store::open(root)?;
    // A managed plug-in has no command line that its user could change.
    let usual = given.get_one::<String>("backend").cloned().or_else(|| std::env::var("CDGP_BACKEND").ok());
    let usual = usual.filter(|usual| !usual.is_empty()).unwrap_or_else(|| BACKENDS[0].to_owned());
    let engine_decides = given.get_flag("managed");
    let desk = Arc::new(Desk { store, here: Here::new(&host)?, usual, engine_decides });
    let scope = if global { "global" } else { "local" };
    let service = Arc::new(Service { desk, scope, metrics: Metrics::default(), check: Notify::new() });

    let listener = listen::plugin(&given).await?;
    if let Some(address) = given.get_one::<String>("metrics") {
        let listener = listen::metrics(address).await?;
        spawn_local(accept(listener, service.clone(), metrics_page));
    }
    sweep(service.desk.clone());
    let grace = Duration::from_secs(given.get_one("grace").copied().unwrap_or(150));
    spawn_local(reconcile::forever(service.clone(), engines(&given), grace));

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(terminate), Ok(interrupt)) = (&mut terminate, &mut interrupt) else {
        return Err(trouble!("waiting for signals is not possible"));
    };
    // Nobody may wait for us: then there is nothing to tell.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    eprintln!(
        "serving {} volumes of {} ({scope})",
        service.desk.store.names()?.len(),
        service.desk.store.root().display()
    );
    tokio::select! {
        () = accept(listener, service.clone(), plugin_call) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // Volumes stay mounted, and their users stay written down: the containers go on without us.
    service.metrics.idle().await;
    Ok(())
}

/// Serves each connection until its other side closes it.
async fn accept<Page>(listener: listen::Listener, service: Arc<Service>, page: Page)
where
    Page: AsyncFn(Arc<Service>, Request<Incoming>) -> Answer + Copy + 'static,
{
    loop {
        match listener.accept().await {
            Ok(stream) => drop(spawn_local(connection(stream, service.clone(), page))),
            Err(error) => {
                // Too many open files, say: it passes.
                eprintln!("accepting a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection<Page>(stream: Box<dyn listen::Stream>, service: Arc<Service>, page: Page)
where
    Page: AsyncFn(Arc<Service>, Request<Incoming>) -> Answer + Copy + 'static,
{
    let answer = service_fn(|request| {
        let service = service.clone();
        async move {
            let Answer { status, kind, body } = page(service, request).await;
            let response = Response::builder().status(status).header("Content-Type", kind);
            response.body(Full::new(Bytes::from(body)))
        }
    });
    // What breaks a connection is the other side's to tell.
    let _ = http1::Builder::new().keep_alive(true).serve_connection(TokioIo::new(stream), answer).await;
}

/// The largest body: names and options.
const LARGEST: usize = 1 << 20;

async fn plugin_call(service: Arc<Service>, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let body = match Limited::new(request.into_body(), LARGEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return Answer::refusal(400, &format!("{path}: reading the request: {error}")),
    };
    calls::answer(service, &path, body).await
}

async fn metrics_page(service: Arc<Service>, request: Request<Incoming>) -> Answer {
    if request.uri().path() != "/metrics" {
        return Answer { status: 404, kind: "text/plain", body: "see /metrics\n".into() };
    }
    let desk = service.desk.clone();
    let counted = spawn_blocking(move || metrics::volumes(&desk)).await;
    let body = service.metrics.text() + &counted.unwrap_or_default();
    Answer { status: 200, kind: "text/plain; version=0.0.4", body }
}

/// Clears up after processes that were killed, in the background.
fn sweep(desk: Arc<Desk>) {
    spawn_blocking(move || {
        for folder in desk.store.leftovers().unwrap_or_default() {
            match erase(&folder) {
                Ok(()) => eprintln!("removed {}, which a killed process left behind", folder.display()),
                Err(trouble) => eprintln!("{trouble}"),
            }
        }
    });
}

/// The engines to ask who uses what.
fn engines(given: &ArgMatches) -> Vec<Connection> {
    let usual = Connection { timeout: 10, ..Connection::from_environment() };
    let Some(hosts) = given.get_many::<String>("docker-host") else { return vec![usual] };
    let hosts = hosts.filter(|host| *host != "none");
    hosts.map(|host| Connection { docker_host: host.clone(), ..usual.clone() }).collect()
}

fn host_name(given: Option<&String>) -> Result<String> {
    let path = "/proc/sys/kernel/hostname";
    let name = match given {
        Some(name) => name.clone(),
        None => std::fs::read_to_string(path).doing(|| format!("reading {path}"))?,
    };
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    let name: String = name.trim().chars().map(plain).collect();
    if name.is_empty() || name == LOCAL {
        return Err(trouble!("this host is called {name:?}, which tells it from no other: give `--node`"));
    }
    Ok(name)
}

impl From<crate::trouble::Trouble> for Answer {
    fn from(trouble: crate::trouble::Trouble) -> Answer {
        Answer::refusal(500, &trouble.0)
    }
}
