"""Under Mitogen's strategy, whose connections stand in for Ansible's. It needs Python on the target, so that is the controller."""

from __future__ import annotations

import subprocess
import typing as t

import pytest
from controller import Controller
from target import Target
from test_features import probe


@pytest.fixture
def here(target: Target) -> t.Iterator[None]:
    """No cache of ours on the controller, before and after."""
    clean = "rm -rf /mnt/controller/.cache /root/.cache/cdgp.docker /var/tmp/cdgp.docker-0"
    subprocess.run(clean, shell=True, check=True)
    yield
    subprocess.run(clean, shell=True, check=True)


@pytest.mark.usefixtures("here")
def test_mitogen(newest: Controller) -> None:
    strategy = subprocess.run(
        [f"{newest.venv}/bin/python", "-c", "import ansible_mitogen; print(ansible_mitogen.__path__[0])"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    tasks = [
        probe("cold", {"text": "hello"}),
        probe("warm", {"text": "{{ 'x' * 3000000 }}"}, environment={"COLOUR": "green"}),
        probe("root", {"text": "hello"}, become=True),
        probe("check", {"text": "hello"}, check_mode=True),
        probe("secret", {"password": "canary-of-mitogen"}),
        probe("crash", {"end": "crash"}, ignore_errors=True),
        probe("job", {"sleep": 0.3, "text": "hello"}, **{"async": 20, "poll": 1}),
    ]
    under = {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": f"{strategy}/plugins/strategy"}
    play = newest.play(tasks, hosts="here", vars={"ansible_python_interpreter": f"{newest.venv}/bin/python"}, environment=under)
    assert play["cold"].get("text_length") == 5, play.output
    for name in ("cold", "warm", "root", "check"):
        assert play[name]["argv"][1:] == ["probe", "-"], play[name]  # from the cache, by standard input
    assert play["warm"]["text_length"] == 3_000_000 and play["warm"]["environment"]["COLOUR"] == "green"
    assert play["root"]["user"] == 0 and not play["check"]["acted"]
    assert play["secret"]["password_length"] == 17 and "canary-of-mitogen" not in play.output
    assert "SIGABRT" in play["crash"]["msg"]
    assert play["job"]["text_length"] == 5
