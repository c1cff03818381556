"""How many times ssh starts something on the target: once for a task whose binary is cached."""

from __future__ import annotations

from controller import Controller
from target import Target

PROBE = {"name": "probe", "cdgp.docker.probe": {"text": "hello"}}


def test_hit_is_one_trip(every: Controller, target: Target) -> None:
    before = len(target.sessions())
    play = every.play([{**PROBE, "name": "cold"}])
    assert play["cold"]["changed"] is True, play.output + target.log.read_text()
    assert target.sessions()[before:] == ["command"] * 3  # missed, uploaded, run
    for more in ({}, {"become": True, "become_user": "nobody"}, {"environment": {"A": "b"}}):
        warm = {**PROBE, **more}
        every.play([warm])
        before = len(target.sessions())
        play = every.play([warm])
        assert play["probe"]["changed"] is True
        assert target.sessions()[before:] == ["command"]
