//! `comparisons`: which options may stand in it, and with which mode.

use ansible::Failure;

use super::super::options::{Comparison, Options};
use super::compare::{Compare, Kind, main_name};
use super::{Container, Observed};

/// # Errors
/// Names an entry that says nothing about a container's state, or a mode that does not go with the option.
pub fn check(options: &Options, observed: &Observed) -> Result<(), Failure> {
    if options.comparisons.is_empty() {
        return Ok(());
    }
    // The overlay itself knows which options are compared, and how: it is asked, instead of a second list.
    let compare = Compare::fresh(options);
    Container::default().lay(options, observed, &compare)?;
    let known = compare.asked();
    for (option, mode) in &options.comparisons {
        if option == "*" {
            if *mode == Comparison::AllowMorePresent {
                return Err(Failure::new("The wildcard can only be used with comparison modes 'strict' and 'ignore'!"));
            }
            continue;
        }
        match known.get(main_name(option)) {
            None if is_option(option) => {
                return Err(Failure::new(format!(
                    "The module option '{option}' cannot be specified in the comparisons dict, since it does not \
                     correspond to container's state!"
                )));
            }
            None => return Err(Failure::new(format!("Unknown module option '{option}' in comparisons dict!"))),
            Some(Kind::Value) if *mode == Comparison::AllowMorePresent => {
                return Err(Failure::new(format!(
                    "Option '{option}' is a value and not a set/list/dict, so its comparison cannot be allow_more_present"
                )));
            }
            Some(Kind::Value | Kind::Collection) => {}
        }
    }
    Ok(())
}

/// Whether the module has an option of that name.
fn is_option(name: &str) -> bool {
    serde_json::from_str::<ansible::spec::Spec>(super::super::MODULE.spec)
        .is_ok_and(|spec| spec.options.contains_key(name))
}
