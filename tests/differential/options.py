"""Valid values of docker_container's options, for generated tasks. Each is a function of a random source."""

from __future__ import annotations

import random

IMAGE = "quay.io/ansible/docker-test-containers:alpine3.8"
OTHER = "quay.io/ansible/docker-test-containers:alpine3.7"
NETWORKS = ["cdgp-diff-1", "cdgp-diff-2", "cdgp-diff-3"]


def some(random: random.Random, *values):
    return random.choice(values)


def subset(random: random.Random, values: list, least: int = 0) -> list:
    return random.sample(values, random.randint(least, len(values)))


def networks(random: random.Random) -> list:
    found = []
    for name in subset(random, NETWORKS, 1):
        network = {"name": name}
        if random.random() < 0.4:
            network["aliases"] = subset(random, ["web", "www", "db"], 1)
        if random.random() < 0.2:
            network["ipv4_address"] = f"10.98.{NETWORKS.index(name)}.{random.randint(100, 120)}"
        found.append(network)
    return found


def mounts(random: random.Random) -> list:
    return subset(
        random,
        [
            {"type": "volume", "source": "cdgp-diff-a", "target": "/a"},
            {"type": "volume", "source": "cdgp-diff-b", "target": "/b", "read_only": True},
            {"type": "bind", "source": "/etc", "target": "/host-etc", "read_only": True, "propagation": "rprivate"},
            {"type": "tmpfs", "target": "/scratch", "tmpfs_size": "8M", "tmpfs_mode": "1770"},
            {"type": "volume", "target": "/anonymous"},
        ],
        1,
    )


def healthcheck(random: random.Random) -> dict:
    return some(
        random,
        {"test": ["NONE"]},
        {"test": ["CMD", "true"], "interval": "1m30s", "retries": 3},
        {"test": "exit 0", "timeout": "5s", "start_period": "10s", "interval": "2s"},
        {"test": ["CMD-SHELL", "test -e /etc/passwd"], "interval": "20s", "timeout": "2s", "retries": 1},
    )


# What a container is made of.
OPTIONS = {
    "blkio_weight": lambda r: some(r, 100, 500),
    "capabilities": lambda r: subset(r, ["NET_ADMIN", "SYS_TIME", "sys_nice"], 1),
    "cap_drop": lambda r: subset(r, ["MKNOD", "NET_RAW", "AUDIT_WRITE"], 1),
    "cgroupns_mode": lambda r: some(r, "host", "private"),
    "command": lambda r: some(r, "sleep 600", ["sleep", "10m"], '/bin/sh -c "sleep 10m"', ["/bin/sh", "-c", "sleep 900"]),
    "cpu_period": lambda r: some(r, "100000", "90000"),
    "cpu_quota": lambda r: some(r, "150000", "50000"),
    "cpu_shares": lambda r: some(r, 512, 900),
    "cpus": lambda r: some(r, 0.5, 1, 1.5),
    "cpuset_cpus": lambda r: some(r, "0", "0,1", "0-1"),
    "cpuset_mems": lambda r: "0",
    "device_read_bps": lambda r: [{"path": "/dev/vda", "rate": some(r, "20M", "300k")}],
    "device_write_iops": lambda r: [{"path": "/dev/vda", "rate": some(r, 30, 100)}],
    "devices": lambda r: subset(r, ["/dev/null:/dev/nothing:rwm", "/dev/zero:/dev/zeroes:r", "/dev/random:/dev/dice:rwm"], 1),
    "dns_opts": lambda r: subset(r, ["timeout:10", "rotate", "ndots:2"], 1),
    "dns_search_domains": lambda r: subset(r, ["example.com", "example.org"], 1),
    "dns_servers": lambda r: subset(r, ["127.0.0.1", "127.0.0.2"], 1),
    "domainname": lambda r: some(r, "example.com", "example.org"),
    "entrypoint": lambda r: some(r, ["/bin/sh", "-c", "sleep 10m"], ["/bin/sh", "-v", "-c", "sleep 11m"]),
    "env": lambda r: {name: some(r, "1", "two words", "", "a=b") for name in subset(r, ["A", "B", "C", "PATH_X"], 1)},
    "etc_hosts": lambda r: {name: some(r, "1.2.3.4", "fd00::1") for name in subset(r, ["one.example", "two.example"], 1)},
    "exposed_ports": lambda r: subset(r, ["9001", "9002/udp", "9010-9012"], 1),
    "groups": lambda r: subset(r, ["1234", "nobody", "5678"], 1),
    "healthcheck": healthcheck,
    "hostname": lambda r: some(r, "me", "me.example.com"),
    "init": lambda r: some(r, True, False),
    "interactive": lambda r: some(r, True, False),
    "ipc_mode": lambda r: some(r, "private", "shareable", "host"),
    "labels": lambda r: {name: some(r, "x", "y z", "") for name in subset(r, ["org.a", "org.b", "org.c"], 1)},
    "log_driver": lambda r: some(r, "json-file", "none", "local"),
    "memory": lambda r: some(r, "64M", "96M", "0.125G"),
    "memory_reservation": lambda r: some(r, "32M", "48M"),
    "memory_swap": lambda r: some(r, "256M", "unlimited", "192M"),
    "mounts": mounts,
    "network_mode": lambda r: some(r, "none", "host", "bridge", "default", NETWORKS[0]),
    "networks": networks,
    "oom_killer": lambda r: some(r, False),
    "oom_score_adj": lambda r: some(r, 5, 250),
    "pid_mode": lambda r: some(r, "host", ""),
    "pids_limit": lambda r: some(r, 40, 100),
    "published_ports": lambda r: subset(r, ["127.0.0.1:9001:9001", "127.0.0.1:9002:9002/udp", "127.0.0.1:9010-9011:9010-9011", "[::1]:9003:9003"], 1),
    "read_only": lambda r: some(r, True, False),
    "restart_policy": lambda r: some(r, "no", "always", "unless-stopped", "on-failure"),
    "restart_retries": lambda r: some(r, 2, 5),
    "runtime": lambda r: "runc",
    "security_opts": lambda r: subset(r, ["no-new-privileges", "label:level:s0"], 1),
    "shm_size": lambda r: some(r, "96M", "75M"),
    "stop_signal": lambda r: some(r, "SIGKILL", "30", "KILL"),
    "stop_timeout": lambda r: some(r, 1, 2),
    "sysctls": lambda r: {name: value for name, value in subset(r, [("net.ipv4.icmp_echo_ignore_all", 1), ("net.ipv4.ip_forward", "1")], 1)},
    "tmpfs": lambda r: subset(r, ["/t1:rw,noexec,nosuid,size=8m", "/t2:rw", "/t3"], 1),
    "tty": lambda r: some(r, True, False),
    "ulimits": lambda r: subset(r, ["nofile:1234:1234", "nproc:512", "memlock:64:64"], 1),
    "user": lambda r: some(r, "nobody", "root", "1000:1000"),
    "uts": lambda r: some(r, "host", ""),
    "volumes": lambda r: subset(r, ["/tmp:/t", "cdgp-diff-c:/c", "cdgp-diff-d:/d:ro", "/v", "/etc:/e:ro,rprivate"], 1),
    "working_dir": lambda r: some(r, "/tmp", "/usr"),
}

# What steers the task.
STEERING = {
    "comparisons": lambda r: some(
        r,
        {"*": "strict"},
        {"env": "strict", "labels": "strict"},
        {"labels": "allow_more_present", "env": "allow_more_present"},
        {"networks": "strict"},
        {"volumes": "strict", "command": "ignore"},
        {"image": "ignore", "restart_policy": "ignore"},
    ),
    "container_default_behavior": lambda r: some(r, "no_defaults", "compatibility"),
    "force_kill": lambda r: some(r, True, False),
    "ignore_image": lambda r: True,
    "image_name_mismatch": lambda r: some(r, "ignore", "recreate"),
    "image_comparison": lambda r: some(r, "desired-image", "current-image"),
    "keep_volumes": lambda r: some(r, True, False),
    "paused": lambda r: some(r, True, False),
    "recreate": lambda r: True,
    "restart": lambda r: True,
    "state": lambda r: some(r, "started", "started", "started", "present", "stopped", "absent"),
}

# Options that the engine refuses side by side, and those that another one needs.
CLASHES = [
    {"cpus", "cpu_period"},
    {"cpus", "cpu_quota"},
    {"network_mode", "networks"},
    {"oom_killer", "memory_reservation"},
    {"uts", "hostname"},
    {"uts", "domainname"},
    {"uts", "sysctls"},
    {"ignore_image", "image_name_mismatch"},
    {"read_only", "devices"},
]
NEEDS = {"memory_swap": "memory", "memory_reservation": "memory", "oom_killer": "memory", "restart_retries": "restart_policy"}


def valid(random: random.Random, options: dict) -> dict:
    """Drops and adds options until the engine takes them."""
    for clash in CLASHES:
        if clash <= options.keys():
            del options[random.choice(sorted(clash))]
    for name, needed in NEEDS.items():
        if name in options and needed not in options:
            options[needed] = OPTIONS[needed](random)
    if "memory_swap" in options and options.get("memory") == "0.125G":
        options["memory"] = "64M"
    if "restart_retries" in options:
        options["restart_policy"] = "on-failure"
    if options.get("network_mode") in ("host", "none"):
        for name in ["published_ports", "sysctls", "dns_servers", "etc_hosts"]:
            options.pop(name, None)
        if options["network_mode"] == "host":
            for name in ["hostname", "domainname"]:
                options.pop(name, None)
    return options


def first(random: random.Random) -> dict:
    """The options of a new container."""
    names = random.sample(sorted(OPTIONS), random.randint(3, 9))
    options = {name: OPTIONS[name](random) for name in names}
    options.update(image=IMAGE, command=options.get("command", "sleep 600"), stop_timeout=options.get("stop_timeout", 1))
    options["state"] = random.choice(["started", "started", "started", "present"])
    if random.random() < 0.2:
        options["container_default_behavior"] = STEERING["container_default_behavior"](random)
    return valid(random, options)


def altered(random: random.Random, before: dict) -> dict:
    """A later task for the same container: some options the same, some other, some gone, some new."""
    options = {}
    for name, value in before.items():
        fate = random.random()
        if name in ("image", "command", "stop_timeout", "state") or fate < 0.6:
            options[name] = value
        elif fate < 0.85 and name in OPTIONS:
            options[name] = OPTIONS[name](random)
    for name in random.sample(sorted(OPTIONS), random.randint(0, 3)):
        options.setdefault(name, OPTIONS[name](random))
    for name in random.sample(sorted(STEERING), random.randint(0, 2)):
        options[name] = STEERING[name](random)
    if random.random() < 0.15:
        options["image"] = OTHER
    return valid(random, options)
