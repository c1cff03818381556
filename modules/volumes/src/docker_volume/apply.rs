//! One engine call for each action.

use ansible::Failure;
use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::RemoveVolumeOptions;
use docker::{Engine, url_path};

use super::plan::Action;

pub async fn apply(engine: &Engine, action: &Action) -> Result<(), Failure> {
    match action {
        Action::Create(volume) => {
            let request = VolumeCreateRequest {
                name: Some(volume.name.clone()),
                driver: Some(volume.driver.clone()),
                driver_opts: Some(volume.driver_options.clone().into_iter().collect()),
                labels: Some(volume.labels.clone().into_iter().collect()),
                ..VolumeCreateRequest::default()
            };
            engine.write(|client| client.create_volume(request)).await?;
        }
        Action::Remove { name } => {
            let path = url_path(name);
            engine.write(|client| client.remove_volume(&path, None::<RemoveVolumeOptions>)).await?;
        }
    }
    Ok(())
}
