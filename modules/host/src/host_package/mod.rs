//! `host_package`: packages by the host's own package manager.

mod manager;
mod options;
mod plan;

use std::path::Path;
use std::time::Duration;

use ansible::{Call, Failure, Module, Outcome, Plan};
use serde_json::{Map, json};

use self::manager::Manager;
use self::options::Options;
use self::plan::{Packages, Transaction, plan};

pub const MODULE: Module = ansible::module!(host_package, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let manager = Manager::of_host()?;
    let names = options.name.clone().unwrap_or_default();
    let fresh = |age: Duration| age.as_secs() < options.cache_valid_time;
    let fetch = options.update_cache && !manager.age_of_cache().is_some_and(fresh);
    let lists = if fetch { vec![Transaction(vec!["fetch the lists of packages".to_owned()])] } else { Vec::new() };
    let lists: Plan<Packages, Transaction> = Plan { before: None, after: None, actions: lists };
    let (fetched, done) = call.carry_out(&lists, async |_| manager.update_cache(&options).await).await?;
    if names.is_empty() {
        return Ok(fetched
            .with("cache_updated", !done.is_empty())
            .with("manager", manager.name())
            .with("packages", json!({})));
    }
    let changes = manager.simulate(&options, &names).await?;
    if !changes.is_empty() {
        refuse_images()?;
    }
    let plan = plan(&changes);
    let (outcome, _) = call.carry_out(&plan, async |_| manager.carry_out(&options, &names).await).await?;
    let packages: Map<String, _> = changes
        .iter()
        .map(|change| (change.name.clone(), json!({ "before": change.before, "after": change.after })))
        .collect();
    let sentences: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let outcome = outcome.with("actions", sentences).with("packages", packages).with("manager", manager.name());
    Ok(outcome.with("cache_updated", !done.is_empty()))
}

/// Refuses hosts whose packages are part of an image.
fn refuse_images() -> Result<(), Failure> {
    let has = |path: &str| Path::new(path).exists();
    if has("/run/ostree-booted") {
        return Err(Failure::new(
            "this host is made by rpm-ostree: a running system takes no packages. Layer them with `rpm-ostree install` and \
             reboot, or put them into its Ignition file",
        ));
    }
    // Tumbleweed may have the program and yet be an ordinary system.
    let read_only = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default().lines().any(|line| {
        let mut fields = line.split(' ').skip(1);
        fields.next() == Some("/")
            && fields.nth(1).is_some_and(|options| options.split(',').any(|option| option == "ro"))
    });
    if has("/usr/sbin/transactional-update") && read_only {
        return Err(Failure::new(
            "this host takes packages in transactions: install them with `transactional-update pkg install` and reboot, or put \
             them into its Ignition or Combustion file",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}
