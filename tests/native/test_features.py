"""What Ansible gives to a task reaches the binary, and what the binary answers reaches the play."""

from __future__ import annotations

import os
import subprocess
import typing as t

import pytest
from controller import Controller
from target import Target


def probe(name: str, options: dict[str, t.Any] | None = None, **task: t.Any) -> dict[str, t.Any]:
    """A task that runs the probe."""
    return {"name": name, "cdgp.docker.probe": options or {}, **task}


TASKS = [
    probe("plain", {"text": "hello"}),
    probe("text", "text=from-text"),
    probe("omitted", {"text": "{{ omit }}"}),
    probe("check", {"text": "hello"}, check_mode=True),
    probe("diff", {"text": "hello"}, diff=True),
    probe("environment", environment={"COLOUR": "sea green", "EMPTY": "", "NUMBER": 7}),
    probe("no_log", {"password": "canary-1"}, no_log=True),
    probe("password", {"password": "canary-2"}),
    probe("loop", {"text": "{{ item }}"}, loop=["a", "bb", "ccc"]),
    probe("delegated", {"text": "hello"}, delegate_to="bob"),
    probe("registered", {"text": "x"}, register="kept"),
    {"name": "lines", "ansible.builtin.assert": {"that": ["kept.stdout_lines == ['one', 'two']", "kept is changed"]}},
    probe("failure", {"end": "failure"}, ignore_errors=True),
    probe("unknown option", {"colour": "red"}, ignore_errors=True),
    probe("big", {"text": "{{ 'x' * 3000000 }}"}),
    probe("unicode", {"text": "é☃\u2028\U0001f980"}),
    probe("root", become=True),
    probe("nobody", become=True, become_user="nobody"),
    probe("bob", become=True, become_user="bob"),
]


@pytest.mark.parametrize("pipelining", ["False", "True"])
def test_features(every: Controller, target: Target, pipelining: str) -> None:
    play = every.play(TASKS, hosts="alice", environment={"ANSIBLE_PIPELINING": pipelining})
    assert play.rc == 0, play.output
    assert play["plain"]["changed"] and play["plain"]["text_length"] == 5
    assert play["plain"]["argv"][1:] == ["probe", "-"]
    assert play["text"]["text_length"] == 9
    assert play["omitted"]["text_length"] == 0
    assert play["plain"]["acted"] and play["check"]["changed"] and not play["check"]["acted"]
    assert play["diff"]["diff"]["after"]["text"] == "hello"
    assert "diff" not in play["plain"]
    environment = play["environment"]["environment"]
    assert environment["COLOUR"] == "sea green" and environment["EMPTY"] == "" and environment["NUMBER"] == "7"
    assert "canary-1" not in play.output and "canary-2" not in play.output
    assert play["password"]["password_length"] == 8
    assert [item["text_length"] for item in play["loop"]["results"]] == [1, 2, 3]
    assert play["delegated"]["text_length"] == 5 and play["delegated"]["user"] == 1002
    assert play.kind("failure") == "failed" and play["failure"]["msg"] == "failed as asked"
    unsupported = "Unsupported parameters for (cdgp.docker.probe) module: colour."
    assert play["unknown option"]["msg"].startswith(unsupported)
    assert play["big"]["text_length"] == 3_000_000
    assert play["unicode"]["text_length"] == len("é☃\u2028\U0001f980".encode())
    users = {name: play[name]["user"] for name in ("plain", "root", "nobody", "bob")}
    assert users == {"plain": 1001, "root": 0, "nobody": 65534, "bob": 1002}
    assert play["nobody"]["program"].startswith("/var/tmp/cdgp.docker-65534/")


def test_check_and_diff_of_the_command_line(every: Controller, target: Target) -> None:
    """Also with a cold cache: the binary is not what check mode is about."""
    tasks = [
        probe("foretold", {"text": "hello"}),
        probe("as root", {"text": "hello"}, become=True),
        probe("all the same", {"text": "hello"}, check_mode=False, diff=False),
        probe("job", {"text": "hello"}, **{"async": 20, "poll": 1}, ignore_errors=True),
    ]
    play = every.play(tasks, hosts="alice", arguments=("--check", "--diff"))
    for name in ("foretold", "as root"):
        assert play[name].get("acted") is False and play[name]["changed"], play.output
        assert play[name]["diff"] == {"before": {"text": ""}, "after": {"text": "hello"}}
    assert play["all the same"]["acted"] and "diff" not in play["all the same"]
    if every.version == "2.15":  # as with any module
        assert "cannot be used on same task" in play["job"]["msg"]
    else:
        assert play["job"].get("acted") is False and play["job"]["changed"], play.output


def test_module_defaults(every: Controller, target: Target) -> None:
    play = every.play([probe("defaulted")], module_defaults={"cdgp.docker.probe": {"text": "default"}})
    assert play["defaulted"]["text_length"] == 7


def test_busybox(ends: Controller, targets: dict[str, Target]) -> None:
    target = targets["busybox"]
    target.run("rm -rf /root/.cache /home/*/.cache /var/tmp/cdgp.docker*")
    before = len(target.sessions())
    play = ends.play(TASKS, hosts="busybox_alice")
    assert play["big"]["text_length"] == 3_000_000, play.output
    assert play["nobody"]["user"] == 65534
    # Each of alice, root, nobody and bob (and alice on the other host) missed once: two trips more.
    tasks = len(TASKS) - 2 + 2  # neither `lines` nor `delegated`, and a loop of three
    assert len(target.sessions()) - before == tasks + 4 * 2


def test_sudo_with_a_password(every: Controller, target: Target) -> None:
    tasks = [
        probe("as root", {"text": "{{ 'x' * 300000 }}"}, become=True),
        probe("again", become=True),
        probe("wrong", become=True, vars={"ansible_become_password": "no"}, ignore_errors=True, ignore_unreachable=True),
    ]
    play = every.play(tasks, hosts="bob", vars={"ansible_become_password": "bobs-password"})
    assert play["as root"]["user"] == 0, play.output
    assert play["again"]["user"] == 0
    assert play.kind("wrong") in ("failed", "unreachable") and "ncorrect sudo password" in play.output


def test_local(ends: Controller, target: Target) -> None:
    """The controller itself as target; sudo asks for a password, which the local connection answers on a terminal."""
    account = "cdgp-local:x:4242:4242::/mnt/cdgp-local:/bin/sh\n"
    secret = subprocess.run(["openssl", "passwd", "-6", "local-password"], check=True, capture_output=True, text=True).stdout
    # Into copies of the machine's files, which only the tests' mount namespace sees.
    more = {"passwd": account, "group": "cdgp-local:x:4242:\n", "shadow": f"cdgp-local:{secret.strip()}:19000:0:99999:7:::\n"}
    more["sudoers"] = "\ncdgp-local ALL=(ALL) ALL\n"
    for name, text in more.items():
        copy = f"/mnt/etc-{name}"
        if not os.path.exists(copy):
            subprocess.run(["cp", "-p", f"/etc/{name}", copy], check=True)
            with open(copy, "a", encoding="utf-8") as file:
                file.write(text)
            subprocess.run(["mount", "--bind", copy, f"/etc/{name}"], check=True)
    os.makedirs("/mnt/cdgp-local", exist_ok=True)
    for path in ("/mnt/cdgp-local", "/mnt/controller"):
        subprocess.run(["chown", "-R", "4242:4242", path], check=True)
    # Python may lie in root's home: this user may read everything.
    may_read = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    wrapper = ("setpriv", "--reuid=4242", "--regid=4242", "--clear-groups", *may_read)
    tasks = [
        probe("plain", {"text": "{{ 'x' * 300000 }}"}),
        probe("root", {"text": "{{ 'x' * 300000 }}"}, become=True, vars={"ansible_become_password": "local-password"}),
    ]
    try:
        for pipelining in ("False", "True"):
            play = ends.play(tasks, hosts="here", wrapper=wrapper, environment={"ANSIBLE_PIPELINING": pipelining, "HOME": "/mnt/cdgp-local"})
            assert play["plain"]["user"] == 4242, play.output
            assert play["root"]["user"] == 0 and play["root"]["text_length"] == 300_000
    finally:
        subprocess.run("rm -rf /root/.cache/cdgp.docker /var/tmp/cdgp.docker-0; chown -R 0:0 /mnt/controller", shell=True, check=True)
