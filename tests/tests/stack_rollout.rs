//! `docker_stack` with `wait` against real swarms: what converges, and what does not and why.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn docker(engine: &Engine, words: &[&str]) -> String {
    let done = engine.docker().args(words).output().unwrap();
    assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn call(engine: &Engine, stack: &str, file: &Value, more: &Value) -> Call {
    let mut arguments = json!({
        "name": stack, "compose": [file], "resolve_image": "never", "wait": true, "wait_timeout": 60,
        "docker_host": engine.docker_host(),
    });
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Call::of("docker_stack", &arguments).unwrap().diff()
}

/// A stack of one service `web` that runs `command`.
fn web(command: &str, more: &Value) -> Value {
    let mut service = json!({
        "image": "tiny:1", "command": ["sh", "-c", command], "stop_grace_period": "0s",
        "deploy": {"restart_policy": {"delay": "100ms"}},
    });
    for (key, value) in more.as_object().unwrap() {
        service[key] = value.clone();
    }
    json!({"services": {"web": service}})
}

fn deploys(engine: &Engine, stack: &str, file: &Value, more: &Value) -> Value {
    let done = call(engine, stack, file, more).run().unwrap();
    assert_ne!(done["failed"], json!(true), "{done}");
    done
}

/// Deploys what must fail, with all of `words` in the message.
fn fails(engine: &Engine, stack: &str, file: &Value, more: &Value, words: &[&str]) -> Value {
    let done = call(engine, stack, file, more).run().unwrap();
    assert_eq!(done["failed"], json!(true), "{done}");
    for word in words {
        assert!(done["msg"].as_str().unwrap().contains(word), "{word:?} is not in {}", done["msg"]);
    }
    done
}

fn remove(engine: &Engine, stack: &str) {
    let arguments =
        json!({"name": stack, "state": "absent", "absent_retries": 30, "docker_host": engine.docker_host()});
    let done = Call::of("docker_stack", &arguments).unwrap().run().unwrap();
    assert_eq!(done["changed"], json!(true), "{done}");
    let again = Call::of("docker_stack", &arguments).unwrap().run().unwrap();
    assert_eq!(again["changed"], json!(false), "{again}");
}

/// Each on a swarm of its own, so that their waits pass side by side.
macro_rules! on_swarms {
    ($($what:ident),*) => {$(
        mod $what {
            #[test]
            fn on_the_newest_engine() {
                super::$what(&super::swarm(tests::Version::Newest));
            }

            #[test]
            fn on_the_oldest_engine() {
                super::$what(&super::swarm(tests::Version::Oldest));
            }
        }
    )*};
}

on_swarms!(good_ones, updates_that_fail, creations_that_fail, jobs, rotation);

fn swarm(version: Version) -> Engine {
    let engine = Engine::start(version).unwrap();
    engine.load_image("tiny:1").unwrap();
    docker(&engine, &["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    engine
}

const STAYS: &str = "echo up; exec sleep 1000";

fn good_ones(engine: &Engine) {
    let mut file = web(STAYS, &json!({}));
    file["services"]["each"] = json!({
        "image": "tiny:1", "command": "sleep 1000", "stop_grace_period": "0s", "deploy": {"mode": "global"},
    });
    file["services"]["once"] = json!({
        "image": "tiny:1", "command": "true", "deploy": {"restart_policy": {"condition": "none"}},
    });
    let foretold = call(engine, "good", &file, &json!({})).check().run().unwrap();
    assert_eq!(docker(engine, &["service", "ls", "--quiet"]), "", "check mode changes nothing");
    let done = deploys(engine, "good", &file, &json!({}));
    for key in ["changed", "actions", "diff"] {
        assert_eq!(foretold[key], done[key], "{key}: {foretold} {done}");
    }
    let again = deploys(engine, "good", &file, &json!({}));
    assert_eq!((&again["changed"], &again["actions"]), (&json!(false), &json!([])), "{again}");
    let more = web(STAYS, &json!({"deploy": {"replicas": 3, "restart_policy": {"delay": "100ms"}}}));
    let done = deploys(engine, "good", &more, &json!({"prune": true}));
    assert_eq!(
        done["actions"],
        json!(["remove service good_each", "remove service good_once", "update service good_web"])
    );
    let diff = json!({"good_web": {"Mode": {"Replicated": {"Replicas": 3}}}});
    let told: Value = serde_json::from_str(done["stack_spec_diff"].as_str().unwrap()).unwrap();
    assert_eq!(told["good_web"], diff["good_web"]);
    remove(engine, "good");
}

fn updates_that_fail(engine: &Engine) {
    let fails_now = "echo cannot start >&2; exit 3";
    for (action, word) in [("pause", "the update is paused"), ("rollback", "it was rolled back")] {
        let deploy = json!({"deploy": {
            "restart_policy": {"delay": "100ms"}, "update_config": {"failure_action": action, "monitor": "2s"},
        }});
        deploys(engine, action, &web(STAYS, &deploy), &json!({}));
        let bad = web(fails_now, &deploy);
        let failed = fails(engine, action, &bad, &json!({}), &[word, "exit code 3", "cannot start"]);
        assert_eq!(failed["exit_code"], json!(3));
        assert_eq!(failed["logs"], json!(["cannot start"]));
        assert_eq!(failed["actions_done"], json!([format!("update service {action}_web")]));
        remove(engine, action);
    }
}

fn creations_that_fail(engine: &Engine) {
    let loops = web("echo boom; exit 7", &json!({}));
    fails(engine, "loop", &loops, &json!({}), &["service loop_web", "failed 3 times", "exit code 7", "boom"]);
    remove(engine, "loop");
    let gives_up = web("exit 8", &json!({"deploy": {"restart_policy": {"condition": "none"}}}));
    fails(engine, "end", &gives_up, &json!({}), &["0 of 1 tasks run", "exit code 8"]);
    remove(engine, "end");
    let image = web("true", &json!({"image": "none:9"}));
    fails(engine, "image", &image, &json!({}), &["No such image: none:9"]);
    remove(engine, "image");
    let placed = web(STAYS, &json!({"deploy": {"placement": {"constraints": ["node.labels.x == y"]}}}));
    let short = json!({"wait_timeout": 3});
    fails(engine, "place", &placed, &short, &["not converged after 3 s", "no suitable node"]);
    remove(engine, "place");
    let mut secret = web(STAYS, &json!({"secrets": ["token"]}));
    secret["secrets"] = json!({"token": {"external": true}});
    fails(engine, "secret", &secret, &json!({}), &["secret not found: token"]);
    assert_eq!(docker(engine, &["service", "ls", "--quiet"]), "", "nothing is made when something is missing");
}

fn jobs(engine: &Engine) {
    let job = |command: &str| {
        web(
            command,
            &json!({"deploy": {"mode": "replicated-job", "replicas": 2, "restart_policy": {"condition": "none"}}}),
        )
    };
    deploys(engine, "job", &job("sleep 1"), &json!({}));
    assert_eq!(docker(engine, &["service", "ls", "--format", "{{.Replicas}}"]), "0/2 (2/2 completed)");
    remove(engine, "job");
    fails(engine, "job", &job("echo broken; exit 9"), &json!({}), &["exit code 9", "broken"]);
    remove(engine, "job");
}

fn rotation(engine: &Engine) {
    let file = |content: &str, command: &str| {
        let deploy = json!({
            "restart_policy": {"delay": "100ms"}, "update_config": {"failure_action": "rollback", "monitor": "2s"},
        });
        let mut file = web(command, &json!({"secrets": ["token"], "configs": ["page"], "deploy": deploy}));
        file["secrets"] = json!({"token": {"content": content}});
        file["configs"] = json!({"page": {"content": content}});
        file
    };
    let rotate = json!({"rotate": true});
    let there = || docker(engine, &["secret", "ls", "--format", "{{.Name}}"]);
    // As Docker has it: an altered content is an error.
    deploys(engine, "rot", &file("one", STAYS), &json!({}));
    fails(engine, "rot", &file("two", STAYS), &json!({}), &["secret rot_token", "only updates to Labels are allowed"]);
    assert_eq!(there(), "rot_token");
    let foretold = call(engine, "rot", &file("two", STAYS), &rotate).check().run().unwrap();
    let done = deploys(engine, "rot", &file("two", STAYS), &rotate);
    assert_eq!(foretold["actions"], done["actions"]);
    let second = there();
    assert!(second.starts_with("rot_token_") && !second.contains('\n'), "{second}");
    let again = deploys(engine, "rot", &file("two", STAYS), &rotate);
    assert_eq!(again["changed"], json!(false), "{again}");
    // A rollout that fails loses nothing.
    fails(engine, "rot", &file("three", "exit 1"), &rotate, &["it was rolled back"]);
    assert!(there().lines().any(|name| name == second), "{}", there());
    let done = deploys(engine, "rot", &file("two", STAYS), &rotate);
    assert_eq!(there(), second, "what the failed rollout left is removed: {done}");
    remove(engine, "rot");
}
