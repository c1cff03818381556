"""Fixtures: the targets, the collection and the versions of ansible-core. `run` sets the environment that they need."""

from __future__ import annotations

import os
import platform
import typing as t
from pathlib import Path

import pytest
from controller import COLLECTION, Controller, make_collection, write_inventory
from target import Target

VENVS = dict(line.split() for line in os.environ["CDGP_NATIVE_VENVS"].splitlines())
BINARY = Path(os.environ["CDGP_NATIVE_BINARY"])
ARCH = platform.machine()


@pytest.fixture(scope="session")
def targets() -> t.Iterator[dict[str, Target]]:
    """The two targets, `debian` and `busybox`, up for all tests."""
    templates = Path(os.environ["CDGP_NATIVE_TARGET"])
    made = {name: Target(templates / name, name, 2201 + index) for index, name in enumerate(("debian", "busybox"))}
    make_collection(COLLECTION, BINARY, ARCH)
    write_inventory(made)
    yield made
    for target in made.values():
        target.stop()


@pytest.fixture
def target(targets: dict[str, Target]) -> Target:
    """The Debian target, its caches empty."""
    found = targets["debian"]
    found.run("rm -rf /root/.cache /home/*/.cache /var/tmp/cdgp.docker* /root/.ansible* /home/*/.ansible*")
    return found


@pytest.fixture(params=sorted(VENVS))
def every(request: pytest.FixtureRequest) -> Controller:
    """Each version of ansible-core in turn: for what leans on Ansible's inside."""
    return Controller(request.param, Path(VENVS[request.param]))


@pytest.fixture(params=[sorted(VENVS)[0], sorted(VENVS)[-1]])
def ends(request: pytest.FixtureRequest) -> Controller:
    """The oldest and the newest version."""
    return Controller(request.param, Path(VENVS[request.param]))


@pytest.fixture
def newest() -> Controller:
    """The newest version: for what does not depend on it."""
    return Controller("newest", Path(VENVS["newest"]))
