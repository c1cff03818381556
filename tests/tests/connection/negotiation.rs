//! The API version: negotiated, pinned, refused.

use docker::{ApiVersion, Engine, Error};
use tests::Version;

use crate::{failure, run, to, write_and_read};

#[test]
fn each_engine_is_spoken_to_in_its_own_api() {
    for version in [Version::Oldest, Version::Middle, Version::Newest] {
        let private = tests::Engine::start(version).unwrap();
        run(async {
            let engine = Engine::connect(&to(&private.docker_host())).await.unwrap();
            assert_eq!(engine.api_version(), version.api().parse().unwrap());
            assert_eq!((engine.calls(), engine.warnings().len()), (1, 0));
            write_and_read(&engine).await.unwrap();
            let server = engine.server().await.unwrap();
            assert!(server.version.starts_with(version.number()), "{}", server.version);
            assert_eq!((server.os.as_str(), server.api_version), ("linux", Some(engine.api_version())));
            let calls = engine.calls();
            engine.server().await.unwrap();
            assert_eq!(engine.calls(), calls);
        });
        pinned(&private);
        odd_names(&private);
    }
}

fn pinned(private: &tests::Engine) {
    let pinned = |api_version: &str| {
        let mut connection = to(&private.docker_host());
        connection.api_version = api_version.to_owned();
        connection
    };
    run(async {
        let engine = Engine::connect(&pinned("1.41")).await.unwrap();
        assert_eq!((engine.calls(), engine.api_version()), (0, ApiVersion::new(1, 41)));
        write_and_read(&engine).await.unwrap();

        // Reads and writes both carry the version: the engine refuses one that it does not know.
        let engine = Engine::connect(&pinned("1.99")).await.unwrap();
        let read = engine.volume("x").await.unwrap_err();
        let request = docker::bollard::models::VolumeCreateRequest::default();
        let write = engine.write(|client| client.create_volume(request)).await.unwrap_err();
        for refused in [read, write] {
            assert!(matches!(refused, Error::VersionRefused { .. }), "{refused:?}");
            assert!(refused.to_string().contains("client version 1.99 is too new"), "{refused}");
        }
    });
    assert!(matches!(failure(&pinned("1.39")), Error::PinnedTooOld { .. }));
    assert!(matches!(failure(&pinned("new")), Error::BadVersion { .. }));
}

/// Whatever a user writes for a name, the engine is asked for that name and nothing else.
fn odd_names(private: &tests::Engine) {
    private.load_image("localhost:5000/team/a-b_c:v1.0").unwrap();
    run(async {
        let engine = Engine::connect(&to(&private.docker_host())).await.unwrap();
        for name in ["a b", "a/b", "a+b", "a?b=c", "a#b", "a%2Fb", "é", "a@b:c", "日本"] {
            assert!(engine.volume(name).await.unwrap().is_none(), "{name}");
            let listed = engine.get("/volumes", &[("filters", &format!("{{\"name\":[\"{name}\"]}}"))]).await.unwrap();
            assert!(listed.get("Volumes").is_some(), "{name}");
        }
        let image = engine.image("localhost:5000/team/a-b_c:v1.0").await.unwrap().unwrap();
        assert!(image.typed.repo_tags.contains("localhost:5000/team/a-b_c:v1.0"));
        assert!(engine.image(&image.typed.id).await.unwrap().is_some());
        // A label with every kind of letter comes back as it was given, through a typed body and through a filter.
        let label = "key=a b+c/d&e=é".split_once('=').unwrap();
        let request = docker::bollard::models::VolumeCreateRequest {
            name: Some("labelled".to_owned()),
            labels: Some([(label.0.to_owned(), label.1.to_owned())].into()),
            ..Default::default()
        };
        engine.write(|client| client.create_volume(request)).await.unwrap();
        let filter = serde_json::json!({ "label": [format!("{}={}", label.0, label.1)] }).to_string();
        let listed = engine.get("/volumes", &[("filters", &filter)]).await.unwrap();
        assert_eq!(listed["Volumes"][0]["Labels"][label.0], label.1, "{listed}");
    });
}
