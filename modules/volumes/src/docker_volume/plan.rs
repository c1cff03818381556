//! What `docker_volume` will do, from the options and the volume that is there.

use std::fmt;

use ansible::{Failure, Plan};
use docker::Volume;

use super::options::{Options, Recreate, State};

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Create(Volume),
    Remove { name: String },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Create(volume) => write!(f, "create volume {} with driver {}", volume.name, volume.driver),
            Action::Remove { name } => write!(f, "remove volume {name}"),
        }
    }
}

/// The engine can't change a volume: whatever differs needs a new one, and that only happens when `recreate` says so.
///
/// # Errors
/// The name is none that the local driver takes.
pub fn plan(options: &Options, observed: Option<&Volume>) -> Result<Plan<Volume, Action>, Failure> {
    let remove = || Action::Remove { name: options.volume_name.clone() };
    let (after, actions) = match (options.state, observed) {
        (State::Absent, None) => (None, vec![]),
        (State::Absent, Some(_)) => (None, vec![remove()]),
        (State::Present, None) => {
            // What other drivers take, only they know.
            if options.driver == "local" && !docker::is_name(&options.volume_name) {
                let name = &options.volume_name;
                return Err(Failure::new(format!(
                    "`volume_name`: {name:?} can't be a volume's name; {}",
                    docker::NAMES
                )));
            }
            let fresh = desired(options, None);
            (Some(fresh.clone()), vec![Action::Create(fresh)])
        }
        (State::Present, Some(volume)) => {
            let differs = desired(options, Some(volume)) != *volume;
            let recreate = match options.recreate {
                Recreate::Always => true,
                Recreate::OptionsChanged => differs,
                Recreate::Never => false,
            };
            if recreate {
                let fresh = desired(options, None);
                (Some(fresh.clone()), vec![remove(), Action::Create(fresh)])
            } else {
                (Some(volume.clone()), vec![])
            }
        }
    };
    Ok(Plan { before: observed.cloned(), after, actions })
}

/// The observed volume with the user's wishes laid over it: options and labels that the user did not name stay.
fn desired(options: &Options, observed: Option<&Volume>) -> Volume {
    let mut volume = observed.cloned().unwrap_or_default();
    volume.name.clone_from(&options.volume_name);
    volume.driver.clone_from(&options.driver);
    volume.driver_options.extend(options.driver_options.iter().map(|(key, text)| (key.clone(), text.0.clone())));
    volume.labels.extend(options.labels.clone().unwrap_or_default().0);
    volume
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Volume>| plan(options, observed),
            |_, after| after,
        );
    }
}
