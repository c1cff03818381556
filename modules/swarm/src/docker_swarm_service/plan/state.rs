//! A service in the words of the peer's results: the observed one and the wanted one have the same shape.

use ansible::Failure;
use docker::{Inspected, ServiceSpec};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::options::Options;
use super::Observed;
use super::body::Body;
use super::given::Given;
use super::health::Health;
use super::isolation::Isolation;
use super::names::Names;
use super::network::Network;
use super::process::Process;
use super::resources::Resources;
use super::rollout::Rollout;
use super::scale::Scale;
use super::storage::Storage;

/// Each concern is a struct of its own with the same three parts: `From<&ServiceSpec>` reads it, `overlay` lays the user's
/// wishes over it, `write` puts what differs into the engine's words. A field that is `None` was not wished, or is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    #[serde(flatten)]
    process: Process,
    #[serde(flatten)]
    health: Health,
    #[serde(flatten)]
    isolation: Isolation,
    #[serde(flatten)]
    storage: Storage,
    #[serde(flatten)]
    given: Given,
    #[serde(flatten)]
    resources: Resources,
    #[serde(flatten)]
    network: Network,
    #[serde(flatten)]
    names: Names,
    #[serde(flatten)]
    scale: Scale,
    #[serde(flatten)]
    rollout: Rollout,
    /// When it is another number, all tasks are made anew.
    force_update: Option<u64>,
}

impl From<&ServiceSpec> for State {
    fn from(spec: &ServiceSpec) -> Self {
        State {
            process: Process::from(spec),
            health: Health::from(spec),
            isolation: Isolation::from(spec),
            storage: Storage::from(spec),
            given: Given::from(spec),
            resources: Resources::from(spec),
            network: Network::from(spec),
            names: Names::from(spec),
            scale: Scale::from(spec),
            rollout: Rollout::from(spec),
            force_update: Some(spec.task_template.force_update),
        }
    }
}

impl State {
    /// What the user wishes, and nothing else; but how many replicas there are, how often an update was forced and the
    /// image's digest, if they name none, stay.
    pub fn wished(options: &Options, observed: &Observed) -> Result<Self, Failure> {
        let there = observed.service.as_ref().map(|service| State::from(&service.spec.typed)).unwrap_or_default();
        let kept = State {
            process: Process::with_image_of(&there.process),
            scale: Scale { mode: None, replicas: there.scale.replicas },
            force_update: there.force_update.filter(|number| *number > 0),
            ..State::default()
        };
        kept.overlaid(options, observed)
    }

    /// This service with the user's wishes laid over it.
    pub fn overlaid(mut self, options: &Options, observed: &Observed) -> Result<Self, Failure> {
        self.process.overlay(options, observed);
        self.health.overlay(options);
        self.isolation.overlay(options);
        self.storage.overlay(options);
        self.given.overlay(options, observed);
        self.resources.overlay(options);
        self.network.overlay(options, observed)?;
        self.names.overlay(options);
        self.scale.overlay(options);
        self.rollout.overlay(options);
        if options.force_update {
            self.force_update = Some(self.force_update.unwrap_or(0).saturating_add(1));
        }
        Ok(self)
    }

    /// Writes what differs from `before`.
    pub fn write(&self, before: &State, body: &mut Body) {
        self.process.write(&before.process, body);
        self.health.write(&before.health, body);
        self.isolation.write(&before.isolation, body);
        self.storage.write(&before.storage, body);
        self.given.write(&before.given, body);
        self.resources.write(&before.resources, body);
        self.network.write(&before.network, body);
        self.names.write(&before.names, body);
        self.scale.write(&before.scale, body);
        self.rollout.write(&before.rollout, body);
        body.put("TaskTemplate.ForceUpdate", &before.force_update, &self.force_update);
    }

    /// The specification of a service that is just this.
    pub fn spec(&self, name: &str) -> Value {
        let mut body = Body::fresh();
        body.put("Name", &None, &Some(name));
        self.write(&State::default(), &mut body);
        body.into_value()
    }

    /// The specification `there` of a service that is `before`, changed to this.
    pub fn changed_spec(&self, before: &State, there: &Value) -> Value {
        let mut body = Body::of(there.clone());
        self.write(before, &mut body);
        body.into_value()
    }

    /// A specification as the engine will tell it.
    pub fn read(spec: &Value) -> Result<Self, Failure> {
        Ok(State::from(&Inspected::<ServiceSpec>::new(spec.clone(), "the service that is to be made")?.typed))
    }

    /// Whether the engine can't make `after` of this one without removing it.
    pub fn needs_another(&self, after: &State) -> bool {
        self.scale.mode != after.scale.mode
    }

    /// Its fields, under the names that the results have.
    fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }

    /// The names of what differs, as the peer tells them.
    pub fn changes(&self, after: &State, options: &Options) -> Vec<String> {
        let (before, after) = (self.fields(), after.fields());
        let differing =
            after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name.as_str());
        let mut changes: Vec<String> = Vec::new();
        for name in differing {
            let name = match name {
                "log_driver_options" => "log_opt",
                "args" if options.command_as_args => "command",
                "force_update" => continue,
                name => name,
            };
            if changes.last().is_none_or(|last| last != name) {
                changes.push(name.to_owned());
            }
        }
        changes
    }

    /// The service as the peer returns it: what was wished, in its words.
    pub fn facts(&self, options: &Options, observed: &Observed) -> Map<String, Value> {
        let mut facts = self.fields();
        facts.insert("image".to_owned(), json!(observed.image.as_ref().or(options.image.as_ref())));
        let check = self.health.is_off();
        let told = if check { Value::Null } else { facts.get("healthcheck").cloned().unwrap_or_default() };
        let disabled = if check || !told.is_null() { Value::Bool(check) } else { Value::Null };
        facts.insert("healthcheck".to_owned(), told);
        facts.insert("healthcheck_disabled".to_owned(), disabled);
        let (command, args) = options.written_command();
        facts.insert("command".to_owned(), json!(command));
        facts.insert("args".to_owned(), json!(args));
        if !options.force_update {
            facts.insert("force_update".to_owned(), Value::Null);
        }
        facts
    }
}
