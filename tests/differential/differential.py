#!/usr/bin/env python3
"""Generated tasks through the peer's docker_container and ours: the same outcome and the same container. See run."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys

import known
import options

NAME = "cdgp-diff"
# What no two containers share.
VOLATILE = {
    "Id", "Created", "Pid", "StartedAt", "FinishedAt", "LogPath", "ResolvConfPath", "HostnamePath", "HostsPath", "SandboxID",
    "SandboxKey", "EndpointID", "NetworkID", "GraphDriver", "Log", "Storage", "IPAddress", "GlobalIPv6Address", "LinkLocalIPv6Address",
    "RestartCount", "ExitCode", "Gateway", "IPv6Gateway", "IPPrefixLen", "GlobalIPv6PrefixLen",
}
# Lists whose order means nothing: ours are sets, and come out sorted.
UNORDERED = {
    "Mounts", "Env", "Binds", "Aliases", "DNSNames", "ExtraHosts", "CapAdd", "CapDrop", "Ulimits", "GroupAdd", "Devices", "SecurityOpt",
    "DnsOptions",
}
IDENTITY = re.compile(r"\b([0-9a-f]{64}|[0-9a-f]{12})\b")


def docker(*words: str, check: bool = True) -> str:
    return subprocess.run(["docker", *words], check=check, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def peer(task: dict) -> dict:
    """Runs the peer's module in a child of this process, which has imported it once."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.close(read)
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": task}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        with contextlib.suppress(BaseException):
            docker_container.main()
        sys.stdout.flush()
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return parsed(said)


def ours(task: dict) -> dict:
    """Runs our module as the action plugin does."""
    call = subprocess.run([BINARY, "docker_container", "-"], input=json.dumps(task), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return parsed(call.stdout)


def parsed(said: str) -> dict:
    try:
        return json.loads(said)
    except ValueError:
        return {"failed": True, "msg": f"not JSON: {said[-300:]}"}


def plain(value, path: tuple = ()):
    """A value without what no two containers share."""
    if isinstance(value, dict):
        found = {}
        for key, item in value.items():
            if key in VOLATILE or (key == "MacAddress" and "NetworkSettings" in path):
                continue
            found[IDENTITY.sub("<id>", key)] = plain(item, (*path, key))
        return found
    if isinstance(value, list):
        items = [plain(item, path) for item in value]
        return sorted(items, key=json.dumps) if path and path[-1] in UNORDERED else items
    return IDENTITY.sub("<id>", value) if isinstance(value, str) else value


def inspected() -> dict:
    found = json.loads(docker("container", "inspect", NAME, check=False) or "[]")
    return plain(found[0]) if found else {}


def differing(one, other, path: str = "") -> list[str]:
    """Where two values differ, one line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        lines = []
        for key in sorted({*one, *other}):
            if key not in one or key not in other:
                side = "ours" if key in other else "the peer"
                lines.append(f"{path}.{key}: only {side}: {json.dumps(one.get(key, other.get(key)))[:120]}")
            else:
                lines += differing(one[key], other[key], f"{path}.{key}")
        return lines
    return [] if one == other else [f"{path}: peer {json.dumps(one)[:160]}, ours {json.dumps(other)[:160]}"]


def keys(diff: dict | None) -> dict:
    """A diff's keys, and those of its parts."""
    found = {}
    for part, value in (diff or {}).items():
        names = value if isinstance(value, dict) else [name for item in value for name in item] if isinstance(value, list) else []
        found[part] = dict.fromkeys(names, "told")
    return found


def clean() -> None:
    docker("rm", "-f", "-v", NAME, check=False)
    volumes = [name for name in docker("volume", "ls", "-q").split() if name.startswith("cdgp-diff") or IDENTITY.fullmatch(name)]
    if volumes:
        docker("volume", "rm", *volumes, check=False)


def applied(module, tasks: list[dict]) -> list[tuple[dict, dict]]:
    """Runs the tasks one after the other from a clean engine: each one's result, and the container after it."""
    clean()
    found = []
    for task in tasks:
        result = module(task)
        found.append((result, inspected()))
    clean()
    return found


def compared(peer: tuple[dict, dict], ours: tuple[dict, dict]) -> list[str]:
    (theirs, there), (our, here) = peer, ours
    lines = []
    if bool(theirs.get("failed")) != bool(our.get("failed")):
        return [f"failed: peer {theirs.get('msg', theirs.get('failed'))!r}, ours {our.get('msg', our.get('failed'))!r}"]
    if theirs.get("failed"):
        return differing(there, here, "inspect")
    if theirs.get("changed") != our.get("changed"):
        lines.append(f"changed: peer {theirs.get('changed')} {json.dumps(theirs.get('diff'))}, ours {our.get('changed')} {our.get('actions')}")
    lines += differing(keys(theirs.get("diff")), keys(our.get("diff")), "diff")
    lines += differing(there, here, "inspect")
    lines += differing(plain(theirs.get("container") or {}), plain(our.get("container") or {}), "container")
    return lines


def case(source: random.Random) -> list[dict]:
    common = {"name": NAME, "_ansible_diff": True, "_ansible_version": "2.21.0"}
    one = {**common, **options.first(source)}
    other = {**common, **options.altered(source, {key: value for key, value in one.items() if key not in common})}
    return [one, one, {**other, "_ansible_check_mode": True}, other, other]


STEPS = ["create", "create again", "alter (check mode)", "alter", "alter again"]


def main(count: int, seed: int) -> int:
    for number, network in enumerate(options.NETWORKS):
        docker("network", "create", "--subnet", f"10.98.{number}.0/24", network, check=False)
    for image in [options.IMAGE, options.OTHER]:
        docker("pull", "-q", image)
    same = explained = 0
    unlike: list[str] = []
    try:
        for number in range(count):
            tasks = case(random.Random(f"{seed}/{number}"))
            theirs, our = applied(peer, tasks), applied(ours, tasks)
            for step, task, one, other in zip(STEPS, tasks, theirs, our):
                lines = compared(one, other)
                left = [line for line in lines if not known.explains(line, step, one[0])]
                same += not lines
                explained += bool(lines) and not left
                if left:
                    shown = {key: value for key, value in task.items() if not key.startswith("_")}
                    unlike.append("\n  ".join([f"case {number}, {step}: {json.dumps(shown)}", *left[:12]]))
                    print(unlike[-1], flush=True)
    finally:
        clean()
        for network in options.NETWORKS:
            docker("network", "rm", network, check=False)
    total = count * len(STEPS)
    print(f"differential: {total} tasks, {same} the same, {explained} differ on purpose, {len(unlike)} differ")
    return 1 if unlike else 0


if __name__ == "__main__":
    SUITE, BINARY = sys.argv[1:3]
    sys.path[:0] = [f"{SUITE}/coll", f"{SUITE}/deps"]
    from ansible.module_utils import basic
    from ansible_collections.community.docker.plugins.modules import docker_container

    basic.has_journal = False
    sys.exit(main(int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 1))
