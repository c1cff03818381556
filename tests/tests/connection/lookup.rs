//! Objects are found by what a user means, not by what an ID happens to begin with.

use docker::Engine;
use tests::Version;

use crate::{run, to};

#[test]
fn the_beginning_of_an_id_is_no_name() {
    for version in [Version::Oldest, Version::Newest] {
        let private = tests::Engine::start(version).unwrap();
        private.load_image("tiny:1").unwrap();
        let docker = |arguments: &[&str]| {
            let output = private.docker().args(arguments).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        let container = docker(&["create", "--name", "web", "tiny:1"]);
        let network = docker(&["network", "create", "--label", "a=b", "front"]);
        run(async {
            let engine = Engine::connect(&to(&private.docker_host())).await.unwrap();
            for (word, found) in [
                ("web", true),
                ("/web", true),
                (&container, true),
                (&container[..12], true),
                (&container[..11], false),
                (&container[..2], false),
                ("", false),
            ] {
                assert_eq!(engine.container(word).await.unwrap().is_some(), found, "{word}");
            }
            for (word, found) in [
                ("front", true),
                (&network, true),
                (&network[..12], true),
                (&network[..11], false),
                (&network[..2], false),
                ("", false),
            ] {
                assert_eq!(engine.network(word).await.unwrap().is_some(), found, "{word}");
            }
            let front = engine.network("front").await.unwrap().unwrap();
            assert_eq!(
                (front.typed.id.as_str(), front.typed.labels.get("a").map(String::as_str)),
                (network.as_str(), Some("b"))
            );
        });
    }
}

/// Seventeen IDs, sixteen digits: at least one digit begins two of them, which the engine calls ambiguous.
#[test]
fn a_digit_that_begins_many_ids_is_nobodys_name() {
    for version in [Version::Oldest, Version::Newest] {
        let private = tests::Engine::start(version).unwrap();
        private.load_image("tiny:1").unwrap();
        for number in 0..17 {
            for arguments in [
                ["create", "--name", &format!("web{number}"), "tiny:1"].as_slice(),
                ["network", "create", &format!("front{number}")].as_slice(),
            ] {
                let output = private.docker().args(arguments).output().unwrap();
                assert!(output.status.success(), "{output:?}");
            }
        }
        run(async {
            let engine = Engine::connect(&to(&private.docker_host())).await.unwrap();
            for digit in "0123456789abcdef".chars().map(String::from) {
                assert!(engine.container(&digit).await.unwrap().is_none(), "{digit}");
                assert!(engine.network(&digit).await.unwrap().is_none(), "{digit}");
            }
        });
    }
}
