"""The controller: a collection with the tests' binary, an inventory, and playbooks run by one version of ansible-core."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import typing as t
import zlib
from pathlib import Path

from target import USERS, WORK, Target

REPOSITORY = Path(__file__).resolve().parents[2]
COLLECTION = WORK / "collections/ansible_collections/cdgp/docker"
# Where tests/peer/get-tools has put community.docker, for its connection plug-in.
PEER = os.environ.get("CDGP_NATIVE_PEER", "")
MODULES = ("probe", "async_status")
CONFIG = f"""
[defaults]
inventory = {WORK}/inventory.json
collections_path = {WORK}/collections:{PEER}/coll:{PEER}/deps
host_key_checking = False
stdout_callback = tell
callback_plugins = {REPOSITORY}/tests/native/callback
local_tmp = {WORK}/controller/tmp
retry_files_enabled = False
deprecation_warnings = False
[ssh_connection]
control_path_dir = {WORK}/controller/cp
ssh_extra_args = -F /dev/null -o UserKnownHostsFile=/dev/null
"""


def make_collection(root: Path, binary: Path, arch: str) -> None:
    """A collection tree as `cargo xtask collection` makes it, with one binary."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "plugins/modules").mkdir(parents=True)
    (root / "meta").mkdir()
    (root / "bin" / arch).mkdir(parents=True)
    shutil.copytree(REPOSITORY / "plugins/action", root / "plugins/action")
    routes = {name: {"action_plugin": "cdgp.docker.native"} for name in MODULES}
    (root / "meta/runtime.yml").write_text(json.dumps({"requires_ansible": ">=2.15.0", "plugin_routing": {"modules": routes}}))
    for name in MODULES:
        (root / f"plugins/modules/{name}.py").write_text("")
    put_binary(root, binary, arch)
    (root / "bin/modules.json").write_text(json.dumps({name: "probe" for name in MODULES}))


def put_binary(root: Path, binary: Path, arch: str, name: str = "probe") -> None:
    """Puts a binary and its checksums into a collection."""
    installed = root / "bin" / arch / name
    shutil.copy(binary, installed)
    Path(f"{installed}.sha256").write_text(hashlib.sha256(installed.read_bytes()).hexdigest() + "\n")
    Path(f"{installed}.crc32").write_text(f"{zlib.crc32(installed.read_bytes())}\n")


def add_module(root: Path, module: str, binary: Path, arch: str) -> None:
    """Adds a module, and the binary of the same name that has it."""
    put_binary(root, binary, arch, module)
    (root / f"plugins/modules/{module}.py").write_text("")
    for path, place in (("meta/runtime.yml", ("plugin_routing", "modules")), ("bin/modules.json", ())):
        content = json.loads((root / path).read_text())
        inner = content
        for key in place:
            inner = inner[key]
        inner[module] = {"action_plugin": "cdgp.docker.native"} if place else module
        (root / path).write_text(json.dumps(content))


class Play:
    """What a playbook's run said: each task's result, by the task's name, as the callback plug-in `tell` printed it."""

    def __init__(self, rc: int, output: str) -> None:
        self.rc, self.output = rc, output
        told = [json.loads(line[5:]) for line in output.split("\n") if line.startswith("TELL ")]
        assert told, f"no result of the playbook:\n{self.output}"
        self.tasks: dict[str, list[dict[str, t.Any]]] = {}
        for result in told:
            self.tasks.setdefault(result["task"], []).append(result)

    def __getitem__(self, name: str) -> dict[str, t.Any]:
        """The result of a task that ran on one host."""
        assert len(self.tasks.get(name, ())) == 1, f"{name}: {self.tasks.keys()}\n{self.output}"
        return self.tasks[name][0]["result"]

    def kind(self, name: str) -> str:
        """How a task ended: ok, failed, unreachable or skipped."""
        return self.tasks[name][0]["kind"]


class Controller:
    """Runs playbooks with one version of ansible-core."""

    def __init__(self, version: str, venv: Path) -> None:
        self.version, self.venv = version, venv

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of every Ansible command."""
        keep = {name: value for name, value in os.environ.items() if name in ("LANG", "LC_ALL", "TERM")}
        home = WORK / "controller"
        home.mkdir(exist_ok=True)
        (home / "ansible.cfg").write_text(CONFIG)
        path = f"{self.venv}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {**keep, "PATH": path, "HOME": str(home), "ANSIBLE_CONFIG": str(home / "ansible.cfg"), "LC_ALL": "C.UTF-8", **more}

    def play(self, tasks: list[dict[str, t.Any]], hosts: str = "root", **more: t.Any) -> Play:
        """Runs tasks in one play without facts; `more` are arguments of `background`, or keywords of the play."""
        with self.background(tasks, hosts, **more) as running:
            running.wait()
        return running.play

    def plays(self, plays: list[dict[str, t.Any]], arguments: tuple[str, ...] = (), environment: dict[str, str] | None = None) -> Play:
        """Runs several plays."""
        with self._start(plays, arguments, (), environment or {}) as running:
            running.wait()
        return running.play

    def background(
        self,
        tasks: list[dict[str, t.Any]],
        hosts: str = "root",
        arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        wrapper: tuple[str, ...] = (),
        **play: t.Any,
    ) -> Running:
        """Starts tasks in one play. `wrapper` is a command that runs the command after it."""
        return self._start([{"hosts": hosts, "gather_facts": False, "tasks": tasks, **play}], arguments, wrapper, environment or {})

    def _start(self, plays: list[dict[str, t.Any]], arguments: tuple[str, ...], wrapper: tuple[str, ...], environment: dict[str, str]) -> Running:
        path = WORK / "controller/play.json"  # JSON is YAML
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(plays))
        command = [*wrapper, "ansible-playbook", str(path), *arguments]
        return Running(command, self.environment(**environment))


class Running:
    """A playbook that runs. Leaving its `with` waits for its end."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.output = (WORK / "controller/output").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, text=True, env=environment, cwd=WORK / "controller"
        )
        self.poll, self._play = self.process.poll, None

    def wait(self) -> None:
        """Waits for the playbook's end."""
        self.process.wait(timeout=240)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.wait()
        finally:
            self.process.kill()

    @property
    def play(self) -> Play:
        """What it said."""
        if self._play is None:
            self.output.seek(0)
            self._play = Play(self.process.wait(), self.output.read())
        return self._play


def write_inventory(targets: dict[str, Target]) -> None:
    """A host for each user on each target: `alice` on the first, `busybox_alice` on the one called so."""
    hosts = {}
    for name, target in targets.items():
        for user in USERS:
            host = user if name == "debian" else f"{name}_{user}"
            hosts[host] = {
                "ansible_host": "127.0.0.1",
                "ansible_port": target.port,
                "ansible_user": user,
                "ansible_ssh_private_key_file": str(WORK / "key"),
            }
    hosts["here"] = {"ansible_connection": "local"}
    hosts["away"] = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_user": "root"}
    (WORK / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
