//! `docker_context_info`: the contexts of Docker's command line on the target.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker::{CliContext, CliEngine};
use serde_json::{Map, Value, json};

use self::options::Options;

pub const MODULE: Module = ansible::module!(docker_context_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let current = options.cli_context.clone().map_or_else(CliContext::current, Ok)?;
    let contexts = match (&options.name, options.only_current) {
        (Some(name), _) => vec![CliContext::named(name)?],
        (None, true) => vec![CliContext::named(&current)?],
        (None, false) => CliContext::all()?,
    };
    let contexts: Vec<Value> = contexts.iter().map(|context| told(context, &current)).collect();
    Ok(Outcome::unchanged().with("contexts", contexts).with("current_context_name", current))
}

/// A context with the options that reach its engine.
fn told(context: &CliContext, current: &str) -> Value {
    let mut told = Map::from_iter([
        ("current".to_owned(), json!(context.name == current)),
        ("name".to_owned(), json!(context.name)),
        ("description".to_owned(), json!(context.description)),
        ("config".to_owned(), context.engine.as_ref().map_or_else(|| json!({}), config)),
    ]);
    if let (Some(meta), Some(tls)) = (&context.meta_path, &context.tls_path) {
        told.insert("meta_path".to_owned(), json!(meta));
        told.insert("tls_path".to_owned(), json!(format!("{}/", tls.display())));
    }
    Value::Object(told)
}

fn config(engine: &CliEngine) -> Value {
    let mut config = Map::from_iter([
        ("docker_host".to_owned(), json!(engine.host)),
        ("tls".to_owned(), json!(engine.skip_tls_verify)),
    ]);
    if engine.has_tls() {
        config.insert("validate_certs".to_owned(), json!(!engine.skip_tls_verify));
    }
    let files = [("ca_path", &engine.ca), ("client_cert", &engine.certificate), ("client_key", &engine.key)];
    config.extend(files.into_iter().filter_map(|(name, path)| Some((name.to_owned(), json!(path.as_ref()?)))));
    Value::Object(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sidecar_and_options_agree() {
        use ansible::golden::{agree, reads};
        agree(super::MODULE.spec, &[reads::<Options>()]).unwrap();
    }

    #[test]
    fn a_context_is_told_by_the_options_that_reach_it() {
        let engine = CliEngine {
            host: "tcp://h:2376".to_owned(),
            ca: Some("/c/ca.pem".into()),
            certificate: Some("/c/cert.pem".into()),
            key: Some("/c/key.pem".into()),
            skip_tls_verify: false,
        };
        let context = CliContext {
            name: "far".to_owned(),
            description: Some("Far away".to_owned()),
            meta_path: Some("/m".into()),
            tls_path: Some("/t".into()),
            engine: Some(engine),
        };
        assert_eq!(
            told(&context, "far"),
            json!({
                "current": true, "name": "far", "description": "Far away", "meta_path": "/m", "tls_path": "/t/",
                "config": {
                    "docker_host": "tcp://h:2376", "tls": false, "validate_certs": true, "ca_path": "/c/ca.pem",
                    "client_cert": "/c/cert.pem", "client_key": "/c/key.pem"
                }
            })
        );
    }
}
