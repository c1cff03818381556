//! One engine call for each action.

use ansible::Failure;
use bollard::query_parameters::{DisablePluginOptions, EnablePluginOptions};
use docker::{Credentials, Engine, ImageName};

use super::plan::Action;

pub async fn apply(engine: &Engine, action: &Action) -> Result<(), Failure> {
    match action {
        Action::Install { remote, name } => {
            let login = Credentials::for_image(&ImageName::parse(remote))?;
            engine.install_plugin(remote, name, login.as_ref()).await?;
        }
        Action::Set { name, settings } => {
            engine.write_patiently(|client| client.set_plugin_config(name, settings.clone())).await?;
        }
        Action::Enable { name, timeout } => {
            let options = EnablePluginOptions { timeout: i32::try_from(*timeout).unwrap_or(i32::MAX) };
            engine.write_patiently(|client| client.enable_plugin(name, Some(options))).await?;
        }
        Action::Disable { name } => {
            let options = DisablePluginOptions::default();
            engine.write_patiently(|client| client.disable_plugin(name, Some(options))).await?;
        }
        Action::Remove { name, force } => {
            engine.remove_plugin(name, *force).await?;
        }
    }
    Ok(())
}
