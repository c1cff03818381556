//! Which container a user means.

use super::Container;
use crate::lookup::means;
use crate::{Engine, Error, Inspected, Network};

impl Container {
    /// Whether a user who writes `word` means this container.
    pub fn is_meant_by(&self, word: &str) -> bool {
        means(word, self.bare_name(), &self.id)
    }

    /// Its name without the engine's slash.
    pub fn bare_name(&self) -> &str {
        self.name.trim_start_matches('/')
    }

    /// Whether it is in `network`, or will be when it is started; a container that was never started knows the network
    /// by its name only.
    pub fn is_in(&self, network: &Network) -> bool {
        let networks = &self.network_settings.networks;
        networks.contains_key(&network.name) || networks.values().any(|endpoint| endpoint.network_id == network.id)
    }
}

impl Engine {
    /// The container with this name, or this ID (12 digits of it or more). `None` when there is none.
    ///
    /// # Errors
    /// The engine can't be reached or refuses.
    pub async fn container(&self, name: &str) -> Result<Option<Inspected<Container>>, Error> {
        // The engine itself writes a slash before the name.
        let name = name.trim_start_matches('/');
        if name.is_empty() {
            return Ok(None);
        }
        let raw = match self.get_optional(&format!("/containers/{name}/json"), &[]).await {
            // It has no such name, and two IDs begin so. The status is 500 or 400, by the engine's version.
            Err(Error::Api { message, .. }) if message.contains("IDs found with provided prefix") => None,
            answer => answer?,
        };
        let found = raw.map(|raw| Inspected::<Container>::new(raw, &format!("container {name}"))).transpose()?;
        Ok(found.filter(|container| container.typed.is_meant_by(name)))
    }
}
