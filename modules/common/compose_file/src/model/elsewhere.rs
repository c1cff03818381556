//! Keys of a service that Compose knows and a swarm does not.

/// What `docker stack` reads and a swarm does not do: each is a warning.
pub(super) const IGNORED: &[(&str, &str)] = &[
    ("build", "a swarm builds no images, it runs `image`"),
    ("cgroup_parent", NO_SUCH_SETTING),
    ("cgroupns_mode", NO_SUCH_SETTING),
    ("container_name", "the containers of a service have names that the swarm makes"),
    ("depends_on", "a swarm starts services in no order"),
    ("devices", NO_SUCH_SETTING),
    ("domainname", NO_SUCH_SETTING),
    ("expose", "services on one network reach each other on every port"),
    ("external_links", "services on one network reach each other by name"),
    ("ipc", NO_SUCH_SETTING),
    ("links", "services on one network reach each other by name"),
    ("mac_address", NO_SUCH_SETTING),
    ("network_mode", "a service joins `networks`"),
    ("pid", NO_SUCH_SETTING),
    ("privileged", NO_SUCH_SETTING),
    ("security_opt", NO_SUCH_SETTING),
    ("shm_size", "mount a tmpfs at /dev/shm instead"),
    ("userns_mode", NO_SUCH_SETTING),
];
const NO_SUCH_SETTING: &str = "services of a swarm do not have this setting";

/// What has another place in a stack's file.
pub(super) const HINTS: &[(&str, &str)] = &[
    ("profiles", "a swarm has no profiles: put the service into a file of its own"),
    ("scale", "use `deploy.replicas`"),
    ("cpus", LIMITS),
    ("cpu_count", LIMITS),
    ("cpu_percent", LIMITS),
    ("cpu_period", LIMITS),
    ("cpu_quota", LIMITS),
    ("cpu_shares", LIMITS),
    ("cpuset", LIMITS),
    ("mem_limit", LIMITS),
    ("mem_reservation", LIMITS),
    ("memswap_limit", LIMITS),
    ("mem_swappiness", LIMITS),
    ("pids_limit", LIMITS),
    ("gpus", "ask for them with `deploy.resources.reservations.generic_resources`"),
    ("platform", "use `deploy.placement.constraints`, such as node.platform.arch == x86_64"),
    (
        "pull_policy",
        "a swarm pulls what a node lacks; `resolve_image` of the module says whether the registry is asked",
    ),
    ("volume_driver", "define a volume under `volumes`, with its driver"),
    ("volumes_from", "define a volume under `volumes`, and mount it in each service"),
    ("cgroup", NO_SUCH_SETTING),
    ("runtime", NO_SUCH_SETTING),
    ("device_cgroup_rules", NO_SUCH_SETTING),
    ("blkio_config", NO_SUCH_SETTING),
    ("storage_opt", NO_SUCH_SETTING),
    ("uts", NO_SUCH_SETTING),
    ("oom_kill_disable", NO_SUCH_SETTING),
    ("annotations", NO_SUCH_SETTING),
    ("develop", "it is for `docker compose watch`"),
    ("label_file", "use `labels`"),
];
const LIMITS: &str = "set it in `deploy.resources`";
