#!/usr/bin/env python3
"""What a docker_container task costs on the target: ours and the peer's, in turns on one engine. See bench."""

from __future__ import annotations

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

NAME = "cdgp-bench"
IMAGE = "quay.io/ansible/docker-test-containers:alpine3.8"
TASK = {
    "name": NAME, "image": IMAGE, "command": "sleep 600", "stop_timeout": 0, "force_kill": True, "env": {"A": "1", "B": "2"},
    "labels": {"purpose": "bench"}, "published_ports": ["127.0.0.1:9001:9001"], "volumes": ["/tmp:/t:ro"], "memory": "64M",
    "restart_policy": "unless-stopped", "networks": [{"name": "bridge"}], "_ansible_version": "2.21.0",
}  # fmt: skip
REQUEST = re.compile(rb"(?:GET|POST|PUT|DELETE|HEAD) \S+ HTTP/1\.1\r\n")
MANY = 500


class Proxy:
    """Counts the requests to the engine."""

    def __init__(self) -> None:
        self.calls = 0
        self.path = tempfile.mktemp(suffix=".sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen()
        threading.Thread(target=self.listen, args=[listener], daemon=True).start()

    def listen(self, listener: socket.socket) -> None:
        while True:
            client, _ = listener.accept()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect("/var/run/docker.sock")
            threading.Thread(target=self.copy, args=[client, engine, True], daemon=True).start()
            threading.Thread(target=self.copy, args=[engine, client, False], daemon=True).start()

    def copy(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        try:
            while data := source.recv(65536):
                self.calls += len(REQUEST.findall(data)) if counted else 0
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def run(command: list[str], task: dict) -> tuple[float, float, float]:
    """Runs a module: seconds, seconds of CPU, megabytes of memory at most."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        changed = task.pop("_changed", None)
        json.dump({"ANSIBLE_MODULE_ARGS": task} if "python" in command[0] else task, file)
        file.flush()
        start = time.monotonic()
        process = subprocess.Popen([*command, file.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, errors = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    try:
        answer = json.loads(said)
    except ValueError:
        sys.exit(f"{command}: {said!r} {errors!r}")
    if answer.get("failed") or changed not in (None, answer["changed"]):
        sys.exit(f"{command}: {answer}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measured(ways: dict[str, list[str]], name: str, task, before, rounds: int) -> None:
    """Prints a row for each way: medians, and ours as a share of the peer's."""
    found: dict[str, list] = {way: [] for way in ways}
    for number in range(rounds):
        for way, command in ways.items():
            before(command)
            found[way].append(run(command, task(number)))
    proxy = Proxy()
    calls = {}
    for way, command in ways.items():
        before(command)
        proxy.calls = 0
        run(command, {**task(rounds), "docker_host": f"unix://{proxy.path}"})
        calls[way] = proxy.calls
    os.unlink(proxy.path)
    rows = {way: [statistics.median(column) for column in zip(*runs)] for way, runs in found.items()}
    for way, (seconds, cpu, memory) in rows.items():
        print(f"{name:<28}{way:<18}{seconds * 1000:>9.1f}{cpu * 1000:>9.1f}{memory:>8.1f}{calls[way]:>8}", flush=True)
    ours, theirs = (rows[way] for way in ways)
    print(f"{'':<28}{'ours / peer':<18}{ours[0] / theirs[0]:>9.2f}{ours[1] / theirs[1]:>9.2f}{ours[2] / theirs[2]:>8.2f}", flush=True)


def docker(*words: str) -> None:
    subprocess.run(["docker", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def main(suite: str, binary: str, rounds: int) -> None:
    os.environ["PYTHONPATH"] = f"{suite}/coll:{suite}/deps"
    ways = {
        "ours": [binary, "docker_container"],
        "community.docker": [sys.executable, "-m", "ansible_collections.community.docker.plugins.modules.docker_container"],
    }
    docker("pull", IMAGE)
    docker("rm", "-f", NAME)
    idempotent = (lambda _: {**TASK, "_changed": False}, lambda command: None)
    print(f"{'task':<28}{'way':<18}{'ms':>9}{'CPU ms':>9}{'MB':>8}{'calls':>8}")
    try:
        measured(ways, "create and start", lambda _: TASK, lambda _: docker("rm", "-f", NAME), rounds)
        other = iter(range(10**6))
        measured(ways, "recreate", lambda _: {**TASK, "env": {"A": str(next(other))}}, lambda _: None, rounds)
        docker("rm", "-f", NAME)
        run(ways["ours"], TASK)
        measured(ways, "unchanged", *idempotent, rounds)
        for number in range(MANY):
            docker("create", "--name", f"{NAME}-{number}", IMAGE)
        measured(ways, f"unchanged, beside {MANY} more", *idempotent, rounds)
    finally:
        docker("rm", "-f", NAME, *(f"{NAME}-{number}" for number in range(MANY)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
