//! `docker_login`: logs into a registry, and out.

mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker::{Credentials, Kept, Login, Logins};
use docker_module::connect;
use serde_json::json;

use self::options::{Options, State};
use self::plan::{Action, Observed, plan};

pub const MODULE: Module = ansible::module!(docker_login, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let login = if options.state == State::Present { Some(options.login()?) } else { None };
    let logins = Logins::of_file(&options.config_path)?;
    let plan = plan(&options, &observe(logins.kept(&options.registry_url)?, login.as_ref()))?;
    let mut result = json!({ "serveraddress": options.registry_url, "username": options.username });
    if let (Some(login), [Action::Keep { .. }]) = (&login, plan.actions.as_slice()) {
        // Changes nothing, so that check mode can tell a wrong password.
        result["Status"] = ask(&call, &options, login).await?.into();
    }
    let (outcome, _) = call.carry_out(&plan, async |action| apply(&logins, action, login.as_ref())).await?;
    Ok(match login {
        Some(_) => outcome.with("login_result", result),
        None => outcome,
    })
}

/// What is kept, without its secrets.
fn observe(kept: Kept, login: Option<&Login>) -> Observed {
    Observed {
        is_given: kept.login.as_ref().zip(login).is_some_and(|(kept, login)| kept.is(login)),
        username: kept.login.as_ref().map(Credentials::username).map(str::to_owned),
        helper: kept.helper,
        in_file: kept.in_file,
    }
}

async fn ask(call: &Call, options: &Options, login: &Login) -> Result<String, Failure> {
    let engine = connect(call).await?;
    let username = options.username.as_deref().unwrap_or_default();
    // The peer's sentence, which plays match on.
    let failed =
        |error| Failure::new(format!("Logging into {} for user {username} failed - {error}", options.registry_url));
    engine.try_login(login).await.map_err(failed)
}

fn apply(logins: &Logins, action: &Action, login: Option<&Login>) -> Result<(), Failure> {
    match action {
        Action::Keep { .. } => Ok(login.map_or(Ok(()), |login| logins.keep(login))?),
        Action::Forget { registry } => Ok(logins.forget(registry)?),
    }
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}
