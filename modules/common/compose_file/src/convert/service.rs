//! A service as the API's `ServiceSpec`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::spec::Spec;
use super::{IMAGE, Names, labelled, mount, scoped};
use crate::model::{
    Attachment, CredentialSpec, HealthCheck, Mode, ObjectReference, RestartPolicy, Service, UpdateConfig,
};

pub(super) fn spec(key: &str, service: &Service, names: &Names<'_>) -> Value {
    let mut labels = labelled(&service.deploy.labels, names.naming);
    labels.insert(IMAGE.to_owned(), service.image.clone());
    let deploy = &service.deploy;
    let task = Spec::new()
        .put("ContainerSpec", container(service, names))
        // `docker stack` sends these even when they are empty, and the engine keeps that.
        .put("Resources", resources(service))
        .set("RestartPolicy", deploy.restart.as_ref().map(restart))
        .put(
            "Placement",
            Spec::new()
                .set("Constraints", &deploy.placement.constraints)
                .set(
                    "Preferences",
                    deploy
                        .placement
                        .spread
                        .iter()
                        .map(|spread| json!({ "Spread": { "SpreadDescriptor": spread } }))
                        .collect::<Vec<_>>(),
                )
                .set("MaxReplicas", deploy.placement.max_replicas)
                .value(),
        )
        .set("Networks", networks(key, service, names))
        .set(
            "LogDriver",
            service
                .logging
                .as_ref()
                .map(|logging| Spec::new().set("Name", &logging.driver).set("Options", &logging.options).value()),
        );
    Spec::new()
        .set("Name", scoped(names.naming, key))
        .set("Labels", labels)
        .put("TaskTemplate", task.value())
        .put("Mode", mode(deploy.mode))
        .set("UpdateConfig", deploy.update.as_ref().map(update))
        .set("RollbackConfig", deploy.rollback.as_ref().map(update))
        .put("EndpointSpec", endpoint(service))
        .value()
}

fn container(service: &Service, names: &Names<'_>) -> Value {
    let (cap_add, cap_drop) = capabilities(&service.cap_add, &service.cap_drop);
    let variable = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    };
    let mut environment: Vec<String> = service.environment.iter().map(variable).collect();
    environment.sort();
    let dns = Spec::new()
        .set("Nameservers", &service.dns)
        .set("Search", &service.dns_search)
        .set("Options", &service.dns_opt);
    let ulimits: Vec<Value> = service
        .ulimits
        .iter()
        .map(|(name, limit)| json!({ "Name": name, "Soft": limit.soft, "Hard": limit.hard }))
        .collect();
    let credentials = service.credential_spec.as_ref().map(|spec| credentials(spec, names));
    Spec::new()
        .set("Image", &service.image)
        .set("Labels", labelled(&service.labels, names.naming))
        .set("Command", &service.entrypoint)
        .set("Args", &service.command)
        .set("Hostname", &service.hostname)
        .set("Env", environment)
        .set("Dir", &service.working_dir)
        .set("User", &service.user)
        .set("Groups", &service.group_add)
        // As empty as `docker stack` sends it.
        .put("Privileges", Spec::new().set("CredentialSpec", credentials).value())
        .set("TTY", service.tty)
        .set("OpenStdin", service.stdin_open)
        .set("ReadOnly", service.read_only)
        .set("Mounts", service.volumes.iter().map(|volume| mount::spec(volume, names)).collect::<Vec<_>>())
        .set("StopSignal", &service.stop_signal)
        .set("StopGracePeriod", service.stop_grace_period)
        .set("Healthcheck", service.healthcheck.as_ref().map(health))
        .set("Hosts", service.extra_hosts.iter().map(|(host, ip)| format!("{ip} {host}")).collect::<Vec<_>>())
        .set("DNSConfig", dns.value())
        .set("Secrets", references(&service.secrets, "SecretName", names.secrets))
        .set("Configs", configs(service, names))
        .set("Isolation", &service.isolation)
        // false is not nothing: the engine may be set to give every container an init.
        .put_some("Init", service.init)
        .set("Sysctls", &service.sysctls)
        .set("CapabilityAdd", cap_add)
        .set("CapabilityDrop", cap_drop)
        .set("Ulimits", ulimits)
        .set("OomScoreAdj", service.oom_score_adj)
        .value()
}

fn mode(mode: Mode) -> Value {
    match mode {
        Mode::Replicated(replicas) => json!({ "Replicated": { "Replicas": replicas.unwrap_or(1) } }),
        Mode::Global => json!({ "Global": {} }),
        Mode::ReplicatedJob(count) => {
            let count = count.unwrap_or(1);
            json!({ "ReplicatedJob": { "MaxConcurrent": count, "TotalCompletions": count } })
        }
        Mode::GlobalJob => json!({ "GlobalJob": {} }),
    }
}

fn endpoint(service: &Service) -> Value {
    let ports: Vec<Value> = service
        .ports
        .iter()
        .map(|port| {
            Spec::new()
                .set("Name", &port.name)
                .set("Protocol", &port.protocol)
                .set("TargetPort", port.target)
                .set("PublishedPort", port.published)
                .set("PublishMode", &port.mode)
                .value()
        })
        .collect();
    Spec::new().set("Mode", &service.deploy.endpoint_mode).set("Ports", ports).value()
}

fn update(config: &UpdateConfig) -> Value {
    Spec::new()
        .put("Parallelism", config.parallelism)
        .set("Delay", config.delay)
        .set("FailureAction", &config.failure_action)
        .set("Monitor", config.monitor)
        .put("MaxFailureRatio", single(config.max_failure_ratio))
        .set("Order", &config.order)
        .value()
}

/// A number as the API, which has it in single precision, writes it.
fn single(number: f64) -> f64 {
    (number as f32).to_string().parse().unwrap_or(number)
}

fn restart(policy: &RestartPolicy) -> Value {
    Spec::new()
        .set("Condition", &policy.condition)
        .set("Delay", policy.delay)
        .set("MaxAttempts", policy.max_attempts)
        .set("Window", policy.window)
        .value()
}

fn resources(service: &Service) -> Value {
    let limits = service.deploy.limits.as_ref().map(|limits| {
        Spec::new().set("NanoCPUs", limits.nano_cpus).set("MemoryBytes", limits.memory).set("Pids", limits.pids).value()
    });
    let reservations = service.deploy.reservations.as_ref().map(|needs| {
        let generic = needs.generic.iter();
        let generic = generic
            .map(|one| json!({ "DiscreteResourceSpec": { "Kind": one.kind, "Value": one.value } }))
            .collect::<Vec<_>>();
        Spec::new()
            .set("NanoCPUs", needs.nano_cpus)
            .set("MemoryBytes", needs.memory)
            .set("GenericResources", generic)
            .value()
    });
    Spec::new().set("Limits", limits).set("Reservations", reservations).value()
}

fn health(check: &HealthCheck) -> Value {
    Spec::new()
        .set("Test", &check.test)
        .set("Interval", check.interval)
        .set("Timeout", check.timeout)
        .set("Retries", check.retries)
        .set("StartPeriod", check.start_period)
        .set("StartInterval", check.start_interval)
        .value()
}

/// A service is reached in each network by its own name too, but in those of the node, which know no names.
fn networks(key: &str, service: &Service, names: &Names<'_>) -> Vec<Value> {
    let default = [("default".to_owned(), Attachment::default())].into();
    let joined = if service.networks.is_empty() { &default } else { &service.networks };
    let mut networks: Vec<(String, Value)> = joined
        .iter()
        .map(|(network, attachment)| {
            let target = names.network(network);
            let own = (!["bridge", "host", "none", "default"].contains(&target.as_str())
                && !target.starts_with("container:"))
            .then(|| key.to_owned());
            let aliases: Vec<String> = attachment.aliases.iter().cloned().chain(own).collect();
            let spec =
                Spec::new().set("Target", &target).set("Aliases", aliases).set("DriverOpts", &attachment.driver_opts);
            (target, spec.value())
        })
        .collect();
    networks.sort_by(|(one, _), (other, _)| one.cmp(other));
    networks.into_iter().map(|(_, spec)| spec).collect()
}

type ObjectNames = std::collections::BTreeMap<String, String>;

fn references(references: &[ObjectReference], key: &str, names: &ObjectNames) -> Vec<Value> {
    let mut references: Vec<(String, Value)> = references
        .iter()
        .map(|reference| {
            let name = names.get(&reference.source).cloned().unwrap_or_default();
            let file = json!({
                "Name": reference.target, "UID": reference.uid, "GID": reference.gid, "Mode": reference.mode,
            });
            (name.clone(), json!({ "File": file, key: name }))
        })
        .collect();
    references.sort_by(|(one, _), (other, _)| one.cmp(other));
    references.into_iter().map(|(_, reference)| reference).collect()
}

/// The configs that become files, and that of the Windows account.
fn configs(service: &Service, names: &Names<'_>) -> Vec<Value> {
    let mut configs = references(&service.configs, "ConfigName", names.configs);
    if let Some(CredentialSpec::Config(key)) = &service.credential_spec {
        let name = names.configs.get(key).cloned().unwrap_or_default();
        configs.push(json!({ "Runtime": {}, "ConfigName": name }));
        configs.sort_by(|one, other| one["ConfigName"].as_str().cmp(&other["ConfigName"].as_str()));
    }
    configs
}

/// A config stands here by its name; whoever has its ID puts that in.
fn credentials(spec: &CredentialSpec, names: &Names<'_>) -> Value {
    match spec {
        CredentialSpec::Config(key) => json!({ "Config": names.configs.get(key) }),
        CredentialSpec::File(file) => json!({ "File": file }),
        CredentialSpec::Registry(key) => json!({ "Registry": key }),
    }
}

/// Capabilities under their full names, each once; what is added is not dropped.
fn capabilities(add: &[String], drop: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let full = |names: &[String]| -> BTreeSet<String> {
        let name = |name: &String| {
            let name = name.trim().to_ascii_uppercase();
            if name == "ALL" || name == "RESET" || name.starts_with("CAP_") { name } else { format!("CAP_{name}") }
        };
        let names: BTreeSet<String> = names.iter().map(name).collect();
        if names.contains("ALL") { ["ALL".to_owned()].into() } else { names }
    };
    let (add, drop) = (full(add), full(drop));
    let drop = drop.difference(&add).cloned().collect();
    (add, drop)
}
