//! What a task may use, what is kept for it, and on which nodes it may run.

use std::collections::{BTreeMap, BTreeSet};

use docker::ServiceSpec;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::super::options::Options;
use super::body::Body;

/// Sizes in bytes; 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Resources {
    limit_cpu: Option<Cpus>,
    limit_memory: Option<i64>,
    reserve_cpu: Option<Cpus>,
    reserve_memory: Option<i64>,
    constraints: Option<BTreeSet<String>>,
    placement_preferences: Option<Vec<BTreeMap<String, String>>>,
    replicas_max_per_node: Option<i64>,
}

/// CPUs in billionths, shown as a number of them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cpus(i64);

impl Cpus {
    fn of(number: f64) -> Self {
        Cpus((number * 1e9).round() as i64)
    }
}

impl Serialize for Cpus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1e9)
    }
}

impl From<&ServiceSpec> for Resources {
    fn from(spec: &ServiceSpec) -> Self {
        let (limits, reservations) = (&spec.task_template.resources.limits, &spec.task_template.resources.reservations);
        let placement = &spec.task_template.placement;
        let preferences = placement.preferences.iter().map(|preference| preference.spread.spread_descriptor.clone());
        Resources {
            limit_cpu: Some(Cpus(limits.nano_cpus)),
            limit_memory: Some(limits.memory_bytes),
            reserve_cpu: Some(Cpus(reservations.nano_cpus)),
            reserve_memory: Some(reservations.memory_bytes),
            constraints: Some(placement.constraints.iter().cloned().collect()),
            placement_preferences: Some(
                preferences.map(|over| BTreeMap::from([("spread".to_owned(), over)])).collect(),
            ),
            replicas_max_per_node: Some(placement.max_replicas),
        }
    }
}

impl Resources {
    pub fn overlay(&mut self, wish: &Options) {
        if let Some(limits) = &wish.limits {
            self.limit_cpu = limits.cpus.map(Cpus::of).or(self.limit_cpu);
            self.limit_memory = limits.memory.map(|size| size.0).or(self.limit_memory);
        }
        if let Some(reservations) = &wish.reservations {
            self.reserve_cpu = reservations.cpus.map(Cpus::of).or(self.reserve_cpu);
            self.reserve_memory = reservations.memory.map(|size| size.0).or(self.reserve_memory);
        }
        if let Some(placement) = &wish.placement {
            self.constraints = placement.constraints.clone().or(self.constraints.take());
            self.placement_preferences = placement.preferences.clone().or(self.placement_preferences.take());
            self.replicas_max_per_node = placement.replicas_max_per_node.or(self.replicas_max_per_node);
        }
    }

    pub fn write(&self, before: &Resources, body: &mut Body) {
        let cpus = |cpus: &Cpus| json!(cpus.0);
        body.put_as("TaskTemplate.Resources.Limits.NanoCPUs", &before.limit_cpu, &self.limit_cpu, cpus);
        body.put("TaskTemplate.Resources.Limits.MemoryBytes", &before.limit_memory, &self.limit_memory);
        body.put_as("TaskTemplate.Resources.Reservations.NanoCPUs", &before.reserve_cpu, &self.reserve_cpu, cpus);
        body.put("TaskTemplate.Resources.Reservations.MemoryBytes", &before.reserve_memory, &self.reserve_memory);
        body.put("TaskTemplate.Placement.Constraints", &before.constraints, &self.constraints);
        let (there, wanted) = (&before.placement_preferences, &self.placement_preferences);
        body.put_as("TaskTemplate.Placement.Preferences", there, wanted, |all| all.iter().map(preference).collect());
        let (there, wanted) = (&before.replicas_max_per_node, &self.replicas_max_per_node);
        body.put("TaskTemplate.Placement.MaxReplicas", there, wanted);
    }
}

/// `{spread: node.labels.rack}` in the engine's words.
fn preference(given: &BTreeMap<String, String>) -> Value {
    let one = |(strategy, over): (&String, &String)| {
        let mut letters = strategy.chars();
        let capital = letters.next().map(|first| first.to_ascii_uppercase()).into_iter();
        (capital.chain(letters).collect(), json!({ "SpreadDescriptor": over }))
    };
    Value::Object(given.iter().map(one).collect::<Map<_, _>>())
}
