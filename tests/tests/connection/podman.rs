//! Podman behind its Docker-compatible socket.

use docker::{ApiVersion, Engine};

use crate::{run, to, write_and_read};

#[test]
fn podman_is_an_engine() {
    let private = tests::Podman::start().unwrap();
    run(async {
        let engine = Engine::connect(&to(&private.docker_host())).await.unwrap();
        assert!(engine.api_version() >= ApiVersion::new(1, 40), "{}", engine.api_version());
        let server = engine.server().await.unwrap();
        assert_eq!(server.os, "linux");
        assert!(engine.image("nothing:1").await.unwrap().is_none());
        assert!(engine.container("nothing").await.unwrap().is_none());
        write_and_read(&engine).await.unwrap();
    });
}
