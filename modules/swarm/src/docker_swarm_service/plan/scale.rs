//! How many tasks there are.

use docker::ServiceSpec;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::options::{Mode, Options, UnnamedOptions};
use super::body::Body;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scale {
    pub mode: Option<&'static str>,
    /// `None` where each node has one.
    pub replicas: Option<i64>,
}

const REPLICATED: &str = "replicated";
const GLOBAL: &str = "global";
const REPLICATED_JOB: &str = "replicated-job";
const GLOBAL_JOB: &str = "global-job";

impl From<&ServiceSpec> for Scale {
    fn from(spec: &ServiceSpec) -> Self {
        let mode = &spec.mode;
        match (&mode.global, &mode.global_job, &mode.replicated_job, &mode.replicated) {
            (Some(_), ..) => Scale { mode: Some(GLOBAL), replicas: None },
            (_, Some(_), ..) => Scale { mode: Some(GLOBAL_JOB), replicas: None },
            (_, _, Some(job), _) => {
                Scale { mode: Some(REPLICATED_JOB), replicas: Some(job.total_completions.unwrap_or(1)) }
            }
            (.., replicated) => {
                let replicas = replicated.as_ref().and_then(|replicated| replicated.replicas);
                Scale { mode: Some(REPLICATED), replicas: Some(replicas.unwrap_or(1)) }
            }
        }
    }
}

impl Scale {
    pub fn overlay(&mut self, wish: &Options) {
        let mode = match wish.mode {
            Mode::Replicated => REPLICATED,
            Mode::Global => GLOBAL,
            Mode::ReplicatedJob => REPLICATED_JOB,
        };
        // Nobody can tell whether the default was named.
        let named = wish.unnamed_options == UnnamedOptions::Reset || wish.mode != Mode::Replicated;
        self.mode = match self.mode {
            Some(there) if !named => Some(there),
            _ => Some(mode),
        };
        self.replicas = match self.mode {
            Some(GLOBAL | GLOBAL_JOB) => None,
            _ => Some(wish.replicas().or(self.replicas).unwrap_or(1)),
        };
    }

    pub fn write(&self, before: &Scale, body: &mut Body) {
        if before.mode == self.mode {
            let path = if self.mode == Some(REPLICATED_JOB) {
                "Mode.ReplicatedJob.TotalCompletions"
            } else {
                "Mode.Replicated.Replicas"
            };
            body.put(path, &before.replicas, &self.replicas);
        } else {
            body.put_as("Mode", &before.mode, &self.mode, |mode| self.wire(mode));
        }
    }

    fn wire(&self, mode: &str) -> Value {
        match mode {
            GLOBAL => json!({ "Global": {} }),
            GLOBAL_JOB => json!({ "GlobalJob": {} }),
            REPLICATED_JOB => json!({ "ReplicatedJob": { "TotalCompletions": self.replicas } }),
            _ => json!({ "Replicated": { "Replicas": self.replicas } }),
        }
    }
}
