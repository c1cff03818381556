//! How many connections are opened, counted by a relay in front of a real engine.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use docker::Engine;
use docker::bollard::query_parameters::LogsOptions;
use futures_core::Stream;
use tests::Version;

use crate::{run, to, write_and_read};

#[test]
fn one_connection_serves_a_module() {
    let private = tests::Engine::start(Version::Newest).unwrap();
    let relay = Relay::start(&private);
    run(async {
        let engine = Engine::connect(&to(&relay.docker_host())).await.unwrap();
        for _ in 0..5 {
            write_and_read(&engine).await.unwrap();
        }
        assert_eq!((engine.calls(), relay.opened()), (26, 1));
    });
}

/// A stream takes its connection for as long as it is read; other requests meanwhile go over another.
#[test]
fn a_stream_does_not_hold_up_other_requests() {
    let private = tests::Engine::start(Version::Oldest).unwrap();
    private.load_image("tiny:1").unwrap();
    let relay = Relay::start(&private);
    run(async {
        let engine = Engine::connect(&to(&relay.docker_host())).await.unwrap();
        let started = private.docker().args(["run", "-d", "--name", "talker", "tiny:1", "yes"]).output().unwrap();
        assert!(started.status.success(), "{started:?}");
        let options = LogsOptions { stdout: true, follow: true, ..Default::default() };
        let mut logs = pin!(engine.stream(|client| client.logs("talker", Some(options))));
        assert!(std::future::poll_fn(|context| logs.as_mut().poll_next(context)).await.unwrap().is_ok());
        write_and_read(&engine).await.unwrap();
        assert!(std::future::poll_fn(|context| logs.as_mut().poll_next(context)).await.unwrap().is_ok());
        write_and_read(&engine).await.unwrap();
        assert_eq!(relay.opened(), 2);
    });
}

/// Whatever closed an idle connection (a restart, a proxy's patience): the next request goes over a new one.
#[test]
fn a_connection_that_was_closed_is_replaced() {
    let private = tests::Engine::start(Version::Newest).unwrap();
    let relay = Relay::start(&private);
    run(async {
        let engine = Engine::connect(&to(&relay.docker_host())).await.unwrap();
        for connections in 2..5 {
            relay.cut();
            tokio::time::sleep(Duration::from_millis(300)).await;
            write_and_read(&engine).await.unwrap();
            assert_eq!(relay.opened(), connections);
        }
    });
}

/// Passes everything on to an engine, by a socket of its own.
struct Relay {
    socket: PathBuf,
    clients: Arc<Mutex<Vec<UnixStream>>>,
}

impl Relay {
    fn start(engine: &tests::Engine) -> Relay {
        let engine = engine.socket();
        let socket = engine.with_file_name("relay.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let clients = Arc::new(Mutex::new(Vec::new()));
        let list = clients.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&engine) else { return };
                list.lock().unwrap().push(client.try_clone().unwrap());
                pass(client.try_clone().unwrap(), server.try_clone().unwrap());
                pass(server, client);
            }
        });
        Relay { socket, clients }
    }

    fn docker_host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// How many connections there have been.
    fn opened(&self) -> usize {
        self.clients.lock().unwrap().len()
    }

    /// Closes all connections.
    fn cut(&self) {
        for client in self.clients.lock().unwrap().iter() {
            // Those that were cut before say so.
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

fn pass(mut from: UnixStream, mut to: UnixStream) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
