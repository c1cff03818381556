//! A container in the words of the module's options: the observed one and the wanted one have the same shape.

use std::collections::BTreeMap;

use ansible::Failure;
use docker::container::Container as Inspect;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::options::{Comparison, ImageNameMismatch, Options};
use super::Observed;
use super::action::Action;
use super::body::Body;
use super::compare::{Compare, Kind};
use super::devices::Devices;
use super::fixed_limits::FixedLimits;
use super::health::Health;
use super::isolation::Isolation;
use super::limits::Limits;
use super::logging::Logging;
use super::network::{Endpoint, Networking, connections};
use super::ports::Ports;
use super::process::Process;
use super::restart::Restart;
use super::storage::Storage;

/// Each concern is a struct of its own with the same three parts: `From<&Inspect>` reads it, `overlay` lays the user's
/// wishes over it, `write` puts it into the engine's words. A field that is `None` was not wished, or is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Inspect")]
pub struct Container {
    /// The ID of its image.
    pub image: String,
    /// Its image, as its creator named it.
    image_name: String,
    pub running: bool,
    pub paused: bool,
    /// What its health check says, if it has one.
    #[serde(skip_serializing)]
    health_status: Option<String>,
    #[serde(flatten)]
    process: Process,
    #[serde(flatten)]
    health: Health,
    #[serde(flatten)]
    restart: Restart,
    #[serde(flatten)]
    logging: Logging,
    #[serde(flatten)]
    limits: Limits,
    #[serde(flatten)]
    fixed_limits: FixedLimits,
    #[serde(flatten)]
    isolation: Isolation,
    #[serde(flatten)]
    devices: Devices,
    #[serde(flatten)]
    storage: Storage,
    #[serde(flatten)]
    ports: Ports,
    #[serde(flatten)]
    networking: Networking,
    networks: BTreeMap<String, Endpoint>,
}

impl From<Inspect> for Container {
    fn from(inspect: Inspect) -> Self {
        let networks = inspect.network_settings.networks.iter();
        Container {
            image: inspect.image.clone(),
            image_name: inspect.config.image.clone(),
            running: inspect.state.running,
            paused: inspect.state.paused,
            health_status: inspect.state.health.as_ref().map(|health| health.status.clone()),
            process: Process::from(&inspect),
            health: Health::from(&inspect),
            restart: Restart::from(&inspect),
            logging: Logging::from(&inspect),
            limits: Limits::from(&inspect),
            fixed_limits: FixedLimits::from(&inspect),
            isolation: Isolation::from(&inspect),
            devices: Devices::from(&inspect),
            storage: Storage::from(&inspect),
            ports: Ports::from(&inspect),
            networking: Networking::from(&inspect),
            networks: networks.map(|(name, endpoint)| (name.clone(), Endpoint::from(endpoint))).collect(),
        }
    }
}

impl Container {
    /// A container that is made as the user wishes it.
    pub fn fresh(options: &Options, observed: &Observed) -> Result<Self, Failure> {
        let mut fresh = Container::default();
        fresh.lay(options, observed, &Compare::fresh(options))?;
        fresh.image_name = options.image.clone().unwrap_or_default();
        Ok(fresh)
    }

    /// This container with the user's wishes laid over it.
    pub fn overlaid(&self, options: &Options, observed: &Observed) -> Result<Self, Failure> {
        let mut wanted = self.clone();
        wanted.lay(options, observed, &Compare::existing(options))?;
        Ok(wanted)
    }

    /// Whether it runs, and its health check, if it has one, is content.
    pub fn has_started_well(&self) -> bool {
        self.running && matches!(self.health_status.as_deref(), None | Some("healthy" | "none" | ""))
    }

    /// Whether the engine removes it when it stops.
    pub fn removes_itself(&self) -> bool {
        self.isolation.auto_remove == Some(true)
    }

    /// What the engine or its kernel did not keep of these limits, in words. Each run would set them again.
    pub fn dropped_limits(&self, there: Container) -> Vec<String> {
        self.limits.dropped(&there.limits)
    }

    /// Lays every concern's wishes over this container.
    pub(super) fn lay(&mut self, options: &Options, observed: &Observed, compare: &Compare) -> Result<(), Failure> {
        let image = match &observed.container {
            Some(_) => observed.comparison_image.as_ref(),
            None => observed.image.as_ref(),
        };
        if compare.mode("image", Kind::Value, Comparison::Strict) != Comparison::Ignore {
            if let Some(image) = &observed.image {
                self.image.clone_from(&image.id);
            }
            match (&options.image, options.image_name_mismatch) {
                (Some(name), ImageNameMismatch::Recreate) => self.image_name.clone_from(name),
                (None, _) | (_, ImageNameMismatch::Ignore) => {}
            }
        }
        self.process.overlay(options, compare, image)?;
        self.health.overlay(options, compare);
        self.restart.overlay(options, compare);
        self.logging.overlay(options, compare);
        self.limits.overlay(options, compare);
        self.fixed_limits.overlay(options, compare);
        self.isolation.overlay(options, compare);
        self.devices.overlay(options, compare);
        self.storage.overlay(options, compare, image)?;
        let default_ip = options.default_host_ip.as_deref().or(observed.default_host_ip.as_deref());
        self.ports.overlay(options, compare, image, default_ip.unwrap_or("0.0.0.0"));
        self.networking.overlay(options, compare);
        self.networks = connections(&self.networks, options, compare);
        Ok(())
    }

    /// Whether the engine can make `after` of this one without a new container.
    pub fn is_but_for_live_changes(&self, after: &Container) -> bool {
        let live = Container {
            limits: self.limits.clone(),
            restart: self.restart.clone(),
            networks: self.networks.clone(),
            ..after.clone()
        };
        *self == live && self.limits.can_become(&after.limits)
    }

    /// The change of limits and restart policy, if there is any. It tells the engine all that the user wishes of them:
    /// some depend on each other, such as memory and memory_swap.
    pub fn live_update(
        &self,
        after: &Container,
        options: &Options,
        observed: &Observed,
    ) -> Result<Option<Action>, Failure> {
        if self.limits == after.limits && self.restart == after.restart {
            return Ok(None);
        }
        let fresh = Container::fresh(options, observed)?;
        let mut body = Body::default();
        after.limits.update(&self.limits, fresh.limits).write(&mut body);
        if fresh.restart.is_wished() {
            after.restart.write(&mut body);
        }
        let what = body.host_config.keys().cloned().collect();
        Ok(Some(Action::Update { name: options.name.clone(), what, body: Value::Object(body.host_config) }))
    }

    /// The changes of connections: a connection that differs is made anew.
    pub fn connections(&self, after: &Container, options: &Options) -> Vec<Action> {
        let name = || options.name.clone();
        let mut actions = Vec::new();
        for network in self.networks.keys().filter(|network| !after.networks.contains_key(*network)) {
            actions.push(Action::Disconnect { name: name(), network: network.clone() });
        }
        for wish in options.networks.iter().flatten() {
            let (there, wanted) = (self.networks.get(&wish.name), after.networks.get(&wish.name));
            if there == wanted {
                continue;
            }
            if there.is_some() {
                actions.push(Action::Disconnect { name: name(), network: wish.name.clone() });
            }
            let (network, endpoint) = (wish.name.clone(), Endpoint::wished(wish));
            actions.push(Action::Connect { name: name(), network, endpoint });
        }
        actions
    }

    /// The body of `POST /containers/create`, without image and networks.
    pub fn body(&self) -> Value {
        let mut body = Body::default();
        self.process.write(&mut body);
        self.health.write(&mut body);
        self.restart.write(&mut body);
        self.logging.write(&mut body);
        self.limits.write(&mut body);
        self.fixed_limits.write(&mut body);
        self.isolation.write(&mut body);
        self.devices.write(&mut body);
        self.storage.write(&mut body);
        self.ports.write(&mut body);
        self.networking.write(&mut body);
        body.into_value()
    }
}
