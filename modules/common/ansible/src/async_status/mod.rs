//! `async_status`: what came of an asynchronous task. Every binary has it, so that it needs no other.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::jobs::Job;
use crate::{Call, Failure, Outcome, Plan};

/// See `async_status.yml`.
#[derive(Debug, Deserialize)]
struct Options {
    jid: String,
    mode: Mode,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Status,
    Cleanup,
}

/// Runs the module.
pub(crate) async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let job = Job::new(&options.jid, None)?;
    let Some(state) = job.state()? else {
        return Err(told(Failure::new("could not find job"), &job));
    };
    match options.mode {
        Mode::Status => status(&job, state),
        Mode::Cleanup => cleanup(&call, &job).await,
    }
}

/// The job's result when it has ended, else that it runs.
fn status(job: &Job, mut state: Map<String, Value>) -> Result<Outcome, Failure> {
    let keeper = state.remove("keeper_pid");
    let finished = state.get("finished") == Some(&json!(true));
    if !finished && keeper.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
        let gone = "nothing keeps the job any more: the host was restarted or the process was ended";
        return Err(told(Failure::new(gone), job));
    }
    state.insert("results_file".to_owned(), json!(job.file()));
    if state.get("failed") == Some(&json!(true)) {
        return Err(Failure::from_result(state));
    }
    state.entry("changed").or_insert(json!(false));
    Ok(Outcome { result: state, open_diff: false })
}

/// A failure that is also the end of the job.
fn told(failure: Failure, job: &Job) -> Failure {
    failure.with("ansible_job_id", &job.id).with("started", true).with("finished", true)
}

/// Removes the job's file. That is no change, as Ansible sees it.
async fn cleanup(call: &Call, job: &Job) -> Result<Outcome, Failure> {
    let file = job.file();
    let plan = Plan { before: Some(&file), after: None, actions: vec![format!("remove {}", file.display())] };
    let (outcome, _) = call.carry_out(&plan, async |_| job.remove().map_err(Failure::from)).await?;
    Ok(outcome.with("changed", false).with("ansible_job_id", &job.id).with("erased", &file))
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(feature = "golden")]
    fn sidecar_and_options_agree() {
        use crate::golden::{agree, reads};
        agree(include_str!(concat!(env!("OUT_DIR"), "/async_status.json")), &[reads::<super::Options>()]).unwrap();
    }
}
