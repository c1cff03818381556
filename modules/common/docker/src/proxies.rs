//! The proxies that the CLI's configuration names for containers and builds.
//!
//! Source: the Docker CLI's reference, "Configure the CLI to use a proxy".

use std::collections::BTreeMap;

use serde_json::Value;

use crate::auth::{AuthError, cli_folder, config};

/// The variables that the user's configuration sets for an engine at `docker_host`, each in capitals and in small
/// letters; none where it names no proxies.
///
/// # Errors
/// The configuration can't be read.
pub fn proxy_variables(docker_host: &str) -> Result<BTreeMap<String, String>, AuthError> {
    let path = cli_folder().map(|folder| folder.join("config.json"));
    let config = path.map_or(Ok(None), |path| config(&path))?.unwrap_or_default();
    Ok(variables(&config, docker_host))
}

fn variables(config: &Value, docker_host: &str) -> BTreeMap<String, String> {
    let proxies = config.get("proxies");
    let named = proxies.and_then(|proxies| proxies.get(docker_host).or_else(|| proxies.get("default")));
    let value = |key: &str| Some(named?.get(key)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
    [
        ("httpProxy", "HTTP_PROXY"),
        ("httpsProxy", "HTTPS_PROXY"),
        ("ftpProxy", "FTP_PROXY"),
        ("noProxy", "NO_PROXY"),
        ("allProxy", "ALL_PROXY"),
    ]
    .into_iter()
    .filter_map(|(key, name)| Some((name, value(key)?)))
    .flat_map(|(name, value)| [(name.to_owned(), value.clone()), (name.to_lowercase(), value)])
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_engine_of_its_own_has_its_own_proxies() {
        let config =
            json!({"proxies": {"default": {"httpProxy": "http://p:1", "noProxy": ""}, "tcp://h:1": {"noProxy": "x"}}});
        let names = |host: &str| variables(&config, host).into_iter().collect::<Vec<_>>();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(names("unix:///s"), [pair("HTTP_PROXY", "http://p:1"), pair("http_proxy", "http://p:1")]);
        assert_eq!(names("tcp://h:1"), [pair("NO_PROXY", "x"), pair("no_proxy", "x")]);
        assert!(variables(&Value::Null, "tcp://h:1").is_empty());
    }
}
