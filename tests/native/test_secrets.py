"""Secrets travel on standard input: not in any command line or environment that others see, and in no file."""

from __future__ import annotations

from pathlib import Path

from controller import Controller
from target import Target
from test_features import probe

CANARY = "canary-that-nobody-sees"


def seen() -> list[str]:
    """Which processes, on the controller or on a target, show the canary in their command line or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for place in ("cmdline", "environ"):
            try:
                if CANARY.encode() in (process / place).read_bytes():
                    found.append(f"{place} of {(process / 'cmdline').read_bytes()!r}")
            except OSError:
                continue
    return found


def test_secrets(ends: Controller, target: Target) -> None:
    secret = {"sleep": 1.5, "password": CANARY, "text": "{{ 'x' * 200000 }}"}
    task = {"environment": {"TOKEN": CANARY}, "no_log": True}
    tasks = [
        probe("cold", secret, **task),
        probe("warm", secret, **task, become=True, become_user="bob"),
        probe("job", secret, **task, **{"async": 20, "poll": 1}),
    ]
    watched = 0
    with ends.background(tasks, hosts="alice", arguments=("-vvvv",)) as running:
        while running.poll() is None:
            assert seen() == []
            assert target.files_with(CANARY) == []
            watched += bool(target.run("ps -ef | grep '[p]robe -' || true"))
    assert watched > 3, "the tasks were too fast to be watched"
    assert running.play.rc == 0, running.play.output
    assert CANARY not in running.play.output
    assert target.files_with(CANARY) == []
