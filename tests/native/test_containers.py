"""The connection plug-in `community.docker.docker`: a container without Python as target, on a real engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from controller import Controller
from target import WORK, Target
from test_features import probe

PROGRAMS = Path(os.environ["CDGP_NATIVE_ENGINE"]) / "bin"
SOCKET = WORK / "docker.sock"
ENVIRONMENT = {"DOCKER_HOST": f"unix://{SOCKET}", "PATH": f"{PROGRAMS}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/mnt"}
APPLETS = "sh uname id cat ls mkdir chmod rm mv wc find echo sha256sum sleep ps".split()


def docker(*arguments: str, **more: t.Any) -> str:
    """Runs the engine's client."""
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, **more).stdout.strip()


@pytest.fixture
def container(targets: dict[str, Target]) -> t.Iterator[str]:
    """A container with BusyBox and no more."""
    run = WORK / "run"
    run.mkdir()
    command = ["dockerd", f"--data-root={WORK}/docker", f"--exec-root={run}", f"--pidfile={run}/pid", f"--host=unix://{SOCKET}", "--bridge=none",
               "--iptables=false", "--ip6tables=false", "--storage-driver=vfs", "--exec-opt=native.cgroupdriver=cgroupfs",
               f"--cgroup-parent=/{os.environ['CDGP_NATIVE_CGROUP']}"]  # fmt: skip
    with (run / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log, env=ENVIRONMENT)
    try:
        for _ in range(300):
            if SOCKET.is_socket() or daemon.poll() is not None:
                break
            time.sleep(0.1)
        assert SOCKET.is_socket(), (run / "log").read_text()
        root = WORK / "container"
        (root / "bin").mkdir(parents=True)
        (root / "tmp").mkdir()
        shutil.copy(targets["busybox"].root / "bin/busybox", root / "bin/busybox")
        for applet in APPLETS:
            (root / "bin" / applet).symlink_to("busybox")
        tar = subprocess.run(["tar", "-C", str(root), "-c", "."], check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(["docker", "import", "-", "cdgp-native"], input=tar, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        yield docker("run", "--detach", "--network=none", "--name=cdgp-native", "cdgp-native", "sleep", "600")
        docker("rm", "--force", "cdgp-native")
    finally:
        daemon.terminate()
        daemon.wait(timeout=30)


def test_container(newest: Controller, container: str) -> None:
    add = {"name": "add", "ansible.builtin.add_host": {"name": "cdgp-native", "ansible_connection": "community.docker.docker"}}
    tasks = [
        probe("cold", {"text": "hello"}),
        probe("warm", {"text": "{{ 'x' * 3000000 }}"}, environment={"COLOUR": "green"}),
        probe("crash", {"end": "crash"}, ignore_errors=True),
        probe("job", {"sleep": 0.3, "text": "hello"}, **{"async": 20, "poll": 1}),
    ]
    play = newest.plays(
        [{"hosts": "here", "gather_facts": False, "tasks": [add]}, {"hosts": "cdgp-native", "gather_facts": False, "tasks": tasks}],
        environment={"DOCKER_HOST": ENVIRONMENT["DOCKER_HOST"], "PATH": f"{PROGRAMS}:{newest.environment()['PATH']}"},
    )
    assert play["cold"]["text_length"] == 5, play.output
    assert play["cold"]["program"].startswith("/var/tmp/cdgp.docker-0/") or "/.cache/cdgp.docker/" in play["cold"]["program"]
    assert play["warm"]["text_length"] == 3_000_000 and play["warm"]["environment"]["COLOUR"] == "green"
    assert "SIGABRT" in play["crash"]["msg"]
    assert play["job"]["text_length"] == 5
