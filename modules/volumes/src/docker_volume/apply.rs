//! One engine call for each action.

use ansible::Failure;
use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::RemoveVolumeOptions;
use docker::Engine;

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
            engine.write(|client| client.remove_volume(name, None::<RemoveVolumeOptions>)).await?;
        }
    }
    Ok(())
}
