//! One engine call for each action.

use ansible::{Call, Failure};
use docker::{Credentials, Engine, ImageName};

use super::plan::Action;

pub async fn apply(call: &Call, engine: &Engine, action: &Action) -> Result<(), Failure> {
    let warnings = match action {
        Action::Create(create) => engine.create_service(&create.spec, login(&create.image)?.as_ref()).await?,
        Action::Update(update) => {
            let login = login(&update.image)?;
            engine.update_service(&update.id, update.version, &update.spec, login.as_ref()).await?
        }
        Action::Remove { name } => {
            engine.write(|client| client.delete_service(name)).await?;
            Vec::new()
        }
    };
    warnings.into_iter().for_each(|warning| call.warn(format!("Docker warning: {warning}")));
    Ok(())
}

/// What the nodes log in with when they pull the image.
fn login(image: &str) -> Result<Option<Credentials>, Failure> {
    Ok(Credentials::for_image(&ImageName::parse(image))?)
}
