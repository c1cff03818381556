//! The connection to real engines: every way to reach one, and every way in which that fails.

#![allow(clippy::unwrap_used, clippy::panic)] // clippy counts only functions marked #[test] as tests

mod failures;
mod lookup;
mod negotiation;
mod podman;
mod reuse;
mod ssh;
mod tls;

use docker::bollard::query_parameters::RemoveVolumeOptions;
use docker::{Connection, Engine, Error};

/// Runs a future as the binaries do: on one thread.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The default options but for the address, with a time limit that a test can wait for.
fn to(docker_host: &str) -> Connection {
    Connection { docker_host: docker_host.to_owned(), timeout: 10, ..Connection::default() }
}

/// Why a connection fails.
fn failure(connection: &Connection) -> Error {
    match run(Engine::connect(connection)) {
        Ok(engine) => panic!("{} was reached in API {}", connection.docker_host, engine.api_version()),
        Err(error) => error,
    }
}

/// A write by bollard and reads by us, over one connection: what any module does.
async fn write_and_read(engine: &Engine) -> Result<(), Error> {
    let name = "some volume-name".replace(' ', "_");
    let request = docker::bollard::models::VolumeCreateRequest { name: Some(name.clone()), ..Default::default() };
    engine.write(|client| client.create_volume(request)).await?;
    let volume = engine.volume(&name).await?.unwrap();
    assert_eq!((volume.typed.name.as_str(), volume.typed.driver.as_str()), (name.as_str(), "local"));
    assert!(volume.raw.get("Mountpoint").is_some());
    engine.write(|client| client.remove_volume(&name, None::<RemoveVolumeOptions>)).await?;
    let refused = engine.write(|client| client.remove_volume(&name, None::<RemoveVolumeOptions>)).await.unwrap_err();
    assert!(refused.is_not_found() && refused.to_string().contains("no such volume"), "{refused}");
    assert!(engine.volume(&name).await?.is_none());
    Ok(())
}
