"""A change of the firewall stays when a new connection can be made, and is taken back when not."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from conftest import ARCH
from controller import COLLECTION, Controller, add_module
from target import Target

PORT = 2222


class FarTarget(Target):
    """A host with a network of its own: 203.0.113.1, and the controller is 203.0.113.2."""

    NAMESPACES = ("--pid", "--net")

    def connect(self) -> None:
        """Lays the cable."""
        there = ("nsenter", "--net", f"--target={self.init}")
        for command in (
            ("ip", "link", "add", "far", "type", "veth", "peer", "name", "eth0", "netns", str(self.init)),
            ("ip", "addr", "add", "203.0.113.2/24", "dev", "far"),
            ("ip", "link", "set", "far", "up"),
            (*there, "ip", "addr", "add", "203.0.113.1/24", "dev", "eth0"),
            (*there, "ip", "link", "set", "eth0", "up"),
            (*there, "ip", "link", "set", "lo", "up"),
        ):
            subprocess.run(command, check=True)


@pytest.fixture(scope="session")
def far(targets: dict[str, Target]) -> t.Iterator[FarTarget]:
    """The host, with the module `firewall` in the collection."""
    assert targets
    add_module(COLLECTION, "firewall", Path(os.environ["CDGP_NATIVE_FIREWALL"]), ARCH)
    target = FarTarget(Path(os.environ["CDGP_NATIVE_TARGET"]) / "debian", "far", PORT)
    target.connect()
    yield target
    target.stop()


def firewall(name: str, port: int, **options: t.Any) -> dict[str, t.Any]:
    """A task that lets one port in."""
    return {"name": name, "cdgp.docker.firewall": {"docker": "never", "rules": [{"ports": [port]}], **options}, "ignore_errors": True}


def test_rollback(ends: Controller, far: FarTarget) -> None:
    tasks = [
        {"name": "none", "cdgp.docker.firewall": {"state": "absent"}},
        firewall("refused", 1),
        firewall("good", PORT, rollback=60),
        firewall("cuts", 1, rollback=4),
        firewall("again", PORT, rollback=60),
        firewall("in a job", PORT + 1, rollback=4) | {"async": 60, "poll": 1},
        firewall("after it", PORT),
    ]
    where = {"ansible_host": "203.0.113.1", "ansible_port": PORT}
    play = ends.play(tasks, vars=where, environment={"ANSIBLE_TIMEOUT": "3"})
    assert play.kind("refused") == "failed" and "would cut you off" in play["refused"]["msg"], play.output
    assert play["good"]["changed"] and play["good"]["rollback"]["confirmed"], play.output
    for name in ("cuts", "in a job"):
        assert play.kind(name) == "failed" and not play[name]["changed"], play.output
        assert "was taken back" in play[name]["msg"], play.output
    for name in ("again", "after it"):
        assert play.kind(name) == "ok" and not play[name]["changed"], play.output
    # The connection that confirms is another one than that of the task.
    ports = {line.split(" port ")[1].split()[0] for line in far.log.read_text().splitlines() if "Accepted publickey" in line}
    assert len(ports) >= 4, ports
