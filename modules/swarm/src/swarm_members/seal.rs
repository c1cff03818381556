//! How a token gets from one member to another without being shown.
//!
//! What a module prints, Ansible shows at high verbosity; what it reads, never. So the plug-in sends a pad of random bytes
//! that is used once, the manager answers with the secret laid over it, and the plug-in takes it off again.

use std::collections::BTreeSet;

use ansible::{Failure, Secret};
use docker::Engine;
use serde_json::Value;

use super::look::addresses;
use super::options::Needed;

/// The secret, and where this swarm's managers are joined.
pub async fn told(engine: &Engine, needed: Needed) -> Result<(String, BTreeSet<String>), Failure> {
    let remotes = addresses(&engine.get("/info", &[]).await?)?;
    let secret = match needed {
        Needed::UnlockKey => engine.unlock_key().await?,
        Needed::WorkerToken => token(engine, "/JoinTokens/Worker").await?,
        Needed::ManagerToken => token(engine, "/JoinTokens/Manager").await?,
    };
    let none =
        || Failure::new("the manager does not tell what another member needs of it: the swarm has changed meanwhile");
    Ok((secret.ok_or_else(none)?, remotes))
}

async fn token(engine: &Engine, at: &str) -> Result<Option<String>, Failure> {
    let swarm = engine.swarm().await?;
    Ok(swarm.and_then(|swarm| swarm.raw.pointer(at).and_then(Value::as_str).map(str::to_owned)))
}

/// `secret` laid over the pad, which is as long or longer; what is left of the pad stands for no letter.
pub fn sealed(secret: &str, pad: Option<&Secret>) -> Result<String, Failure> {
    let digits = pad.map(Secret::expose).unwrap_or_default().as_bytes();
    let pad: Option<Vec<u8>> =
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    let pad = pad.filter(|pad| pad.len() >= secret.len());
    let pad = pad.ok_or_else(|| Failure::new("`secret` is no pad that hides what is asked for"))?;
    let letters = secret.bytes().chain(std::iter::repeat(0));
    Ok(pad.iter().zip(letters).map(|(pad, letter)| format!("{:02x}", pad ^ letter)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pad_hides_and_gives_back() {
        let pad: Secret = serde_json::from_value("0f1020ff".into()).unwrap();
        let sealed = sealed("ab", Some(&pad)).unwrap();
        assert_eq!(sealed, "6e7220ff");
        assert!(super::sealed("abcde", Some(&pad)).is_err());
        assert!(super::sealed("a", None).is_err());
    }
}
