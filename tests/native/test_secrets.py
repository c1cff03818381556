"""Secrets travel on standard input: not in any command line or environment that others see, and in no file."""

from __future__ import annotations

from pathlib import Path

from controller import Controller
from target import Target
from test_features import probe

CANARY = "canary-that-nobody-sees"


def look() -> bool:
    """Looks at all processes, on the controller and on the target, and says whether a binary of ours is among them."""
    running = False
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = ((process / place).read_bytes() for place in ("cmdline", "environ"))
        except OSError:  # it has ended
            continue
        assert CANARY.encode() not in command + environment, f"{command!r} shows the secret"
        running = running or command.endswith(b"\0probe\0-\0")
    return running


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
            watched += look()
            assert target.files_with(CANARY, "home", "root", "tmp", "var", "run", "dev") == []
    assert watched > 10, f"the tasks were too fast to be watched: {running.play.output}"
    assert running.play.rc == 0, running.play.output
    assert CANARY not in running.play.output
    assert target.files_with(CANARY) == []
