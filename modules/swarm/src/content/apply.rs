//! One engine call for each action.

use ansible::Failure;
use docker::bollard::models::{ConfigSpec, Driver, SecretSpec};
use docker::{ContentKind, Engine};

use super::options::Data;
use super::plan::Action;

/// Gives the ID of what was made.
pub async fn apply(
    engine: &Engine,
    kind: ContentKind,
    action: &Action,
    data: Option<&Data>,
) -> Result<Option<String>, Failure> {
    match action {
        Action::Create { name, labels, template_driver, .. } => {
            let (name, data) = (Some(name.clone()), data.map(Data::base64));
            let labels = Some(labels.clone().into_iter().collect());
            let templating = template_driver.clone().map(|name| Driver { name, options: None });
            let made = match kind {
                ContentKind::Secret => {
                    let spec = SecretSpec { name, labels, data, templating, driver: None };
                    engine.write(|client| client.create_secret(spec)).await?
                }
                ContentKind::Config => {
                    let spec = ConfigSpec { name, labels, data, templating };
                    engine.write(|client| client.create_config(spec)).await?
                }
            };
            Ok(Some(made.id))
        }
        Action::Remove { id, .. } => {
            match kind {
                ContentKind::Secret => engine.write(|client| client.delete_secret(id)).await?,
                ContentKind::Config => engine.write(|client| client.delete_config(id)).await?,
            }
            Ok(None)
        }
    }
}
