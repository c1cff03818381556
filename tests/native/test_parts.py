"""The pure parts of the action plugin."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from controller import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "plugins/action"))

import native
from ansible.errors import AnsibleActionFail

BINARY = native.Binary("volumes", {"x86_64": Path("/bin/true")}, {"x86_64": "ab" * 32})
SCRIPTS = {
    "run": native.run_script(BINARY, "docker_volume", None),
    "run in a chosen cache": native.run_script(BINARY, "docker_volume", "/opt/a b"),
    "upload": native.upload_script(BINARY, "x86_64", 1234, None),
    "upload to a chosen cache": native.upload_script(BINARY, "x86_64", 1234, "/opt/cache"),
}


@pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_any_posix_shell_reads_the_scripts(shell: str, name: str) -> None:
    subprocess.run([*shell.split(), "-n", "-c", SCRIPTS[name]], check=True)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_survive_become_and_csh(name: str) -> None:
    assert "\n" not in SCRIPTS[name]
    assert "!" not in SCRIPTS[name].replace("[ ! ", "").replace("#!/bin/sh", "")
    # Only a chosen directory may bring single quotes along.
    assert ("'" in SCRIPTS[name]) == ("a b" in SCRIPTS[name])


def reply(stdout: str) -> native.Reply:
    return native.Reply([], stdout, "", 0)


@pytest.mark.parametrize(
    ("stdout", "result"),
    [
        ('{"changed": true}\n', {"changed": True}),
        ('Welcome!\n{"changed": true}\n', {"changed": True}),
        ('{"from": "a login script"}\ncdgp.docker.native begin\n{"changed": true}\n', {"changed": True}),
        ('{"changed": true}\r\n', {"changed": True}),
        ('{"msg": "a\u2028b\u0085c"}\n', {"msg": "a\u2028b\u0085c"}),
        ('{"changed": tr', None),
        ("[1]\n", None),
        ("", None),
    ],
)
def test_result_is_found_among_noise(stdout: str, result: dict[str, object] | None) -> None:
    assert reply(stdout).result() == result


def test_notices() -> None:
    text = "Last login: today\r\ncdgp.docker.native begin\r\n\r\ncdgp.docker.native crash x86_64 139 damaged\r\n"
    assert native.NOTICE.findall(text) == [("begin", ""), ("crash", "x86_64 139 damaged")]
    assert native.NOTICE.findall('{"msg": "cdgp.docker.native miss"}') == []
    assert native.said(native.Reply([], text, "oops", 1)).split() == ["oops", "Last", "login:", "today"]


def test_tidy_is_what_ansible_does() -> None:
    found = native.tidy({"changed": False, "stdout": "a\nb", "stderr": "", "_ansible_no_log": True})
    assert found == {"changed": False, "stdout": "a\nb", "stdout_lines": ["a", "b"], "stderr": "", "stderr_lines": [], "_ansible_parsed": True}


def test_signal_names() -> None:
    assert [native.signal_name(status) for status in ("139", "137", "255")] == ["SIGSEGV", "SIGKILL", "status 255"]


def test_a_collection_without_its_parts(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match="has no binaries.*cargo xtask collection"):
        native.Binary.of_module("docker_volume", tmp_path)
    (tmp_path / "modules.json").write_text(json.dumps({"docker_volume": "volumes"}))
    with pytest.raises(AnsibleActionFail, match="no binary of cdgp.docker has the module docker_fish"):
        native.Binary.of_module("docker_fish", tmp_path)
    with pytest.raises(AnsibleActionFail, match="has no binary `volumes`.*cargo xtask collection"):
        native.Binary.of_module("docker_volume", tmp_path)
    for arch in ("x86_64", "aarch64"):
        (tmp_path / arch).mkdir()
        shutil.copy("/bin/true", tmp_path / arch / "volumes")
        (tmp_path / arch / "volumes.sha256").write_text("0123  volumes\n")
        (tmp_path / arch / "volumes.crc32").write_text("4567\n")
    binary = native.Binary.of_module("docker_volume", tmp_path)
    assert binary.digests == {"aarch64": "0123", "x86_64": "0123"}
    assert binary.checksums() == {"aarch64": 4567, "x86_64": 4567}
