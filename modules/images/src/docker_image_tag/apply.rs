//! One engine call for each action.

use ansible::Failure;
use bollard::query_parameters::TagImageOptions;
use docker::{Engine, url_path};

use super::plan::Action;

pub async fn apply(engine: &Engine, Action { image, name }: &Action) -> Result<(), Failure> {
    let options = TagImageOptions { repo: Some(name.repository.clone()), tag: name.tag.clone() };
    let path = url_path(image);
    Ok(engine.write(|client| client.tag_image(&path, Some(options))).await?)
}
