"""Where standard input can't be used, binary and arguments travel as files, and are gone afterwards."""

from __future__ import annotations

from controller import Controller
from target import Target
from test_features import probe

CANARY = "canary-in-a-file"


def left(target: Target) -> list[str]:
    """What Ansible's ordinary transfer has left behind."""
    return [*target.root.glob("*/.ansible/tmp/*"), *target.root.glob("home/*/.ansible/tmp/*")]


def test_sudo_that_wants_a_terminal(every: Controller, target: Target) -> None:
    tasks = [probe("tty", {"text": "{{ 'x' * 300000 }}", "password": CANARY}, become=True, environment={"COLOUR": "green"})]
    play = every.play(tasks, hosts="carol")
    assert play["tty"].get("user") == 0, play.output
    assert play["tty"]["text_length"] == 300_000
    assert play["tty"]["environment"]["COLOUR"] == "green"
    assert not left(target)
    assert not target.files_with(CANARY)


def test_su(ends: Controller, target: Target) -> None:
    """To an unprivileged user, who gets at the files by ACL."""
    become = {"become": True, "become_method": "su", "become_user": "bob", "vars": {"ansible_become_password": "bobs-password"}}
    play = ends.play([probe("su", {"text": "hello", "password": CANARY}, **become)], hosts="alice")
    assert play["su"].get("user") == 1002, play.output
    assert not left(target)
    assert not target.files_with(CANARY)


def test_args_are_private(newest: Controller, target: Target) -> None:
    """While a task by file runs, its arguments are the user's alone."""
    task = probe("slow", {"sleep": 4, "password": CANARY}, become=True, **{"async": 0})
    with newest.background([task], hosts="carol") as running:
        found = target.wait_for("ls -ln /home/carol/.ansible/tmp/*/args 2>/dev/null")
        assert found.startswith("-rw------- 1 1003"), found
        running.wait()
    assert not target.files_with(CANARY)


def test_async(newest: Controller, target: Target) -> None:
    play = newest.play([probe("job", {"sleep": 0.5, "text": "hello"}, become=True, **{"async": 20, "poll": 1})], hosts="carol")
    assert play["job"]["text_length"] == 5 and play["job"]["user"] == 0, play.output
