//! One engine call for each action.

use ansible::Failure;
use bollard::query_parameters::{DisablePluginOptions, EnablePluginOptions};
use docker::{Credentials, Engine, ImageName, url_path};

use super::plan::Action;

pub async fn apply(engine: &Engine, action: &Action) -> Result<(), Failure> {
    match action {
        Action::Install { remote, name } => {
            let login = Credentials::for_image(&ImageName::parse(remote))?;
            engine.install_plugin(remote, name, login.as_ref()).await?;
        }
        Action::Set { name, settings } => {
            let path = url_path(name);
            engine.write_patiently(|client| client.set_plugin_config(&path, settings.clone())).await?;
        }
        Action::Enable { name, timeout } => {
            let options = EnablePluginOptions { timeout: i32::try_from(*timeout).unwrap_or(i32::MAX) };
            let path = url_path(name);
            engine.write_patiently(|client| client.enable_plugin(&path, Some(options))).await?;
        }
        Action::Disable { name } => {
            let options = DisablePluginOptions::default();
            let path = url_path(name);
            engine.write_patiently(|client| client.disable_plugin(&path, Some(options))).await?;
        }
        Action::Remove { name, force } => {
            engine.remove_plugin(name, *force).await?;
        }
    }
    Ok(())
}
