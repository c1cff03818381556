"""What goes wrong is told for what it is."""

from __future__ import annotations

import json

from conftest import ARCH, BINARY
from controller import COLLECTION, Controller, put_binary
from target import Target
from test_features import probe


def test_endings(every: Controller, target: Target) -> None:
    big = {"text": "{{ 'x' * 300000 }}"}
    tasks = [probe(end, {"end": end, **big}, ignore_errors=True) for end in ("crash", "garbage", "silence")]
    play = every.play([*tasks, probe("after")])
    expected = {
        "crash": "`probe probe` ended on the target by SIGABRT without a result, and its file there is whole: ",
        "garbage": "`probe probe` ended on the target by status 3 without a result, and its file there is whole: {",
        "silence": "`probe probe` ended with status 0 and no result: it said nothing",
    }
    for name, message in expected.items():
        assert play.kind(name) == "failed", play.output
        assert message in play[name]["msg"]
    assert play["after"]["changed"]


def test_unreachable(every: Controller, target: Target) -> None:
    play = every.play([probe("away", {"text": "{{ 'x' * 300000 }}"})], hosts="away")
    assert play.kind("away") == "unreachable", play.output


def test_architectures(newest: Controller, target: Target) -> None:
    """A collection for another machine names what it has."""
    try:
        (COLLECTION / "bin" / ARCH).rename(COLLECTION / "bin/riscv64")
        play = newest.play([probe("wrong")])
        assert f"the target is Linux {ARCH}; this cdgp.docker has binaries for Linux riscv64" in play["wrong"]["msg"], play.output
        play = newest.play([probe("wrong", become=True)], hosts="carol")
        assert f"the target is {ARCH}; this cdgp.docker has binaries for Linux riscv64" in play["wrong"]["msg"], play.output
    finally:
        (COLLECTION / "bin/riscv64").rename(COLLECTION / "bin" / ARCH)


def test_a_damaged_collection(newest: Controller, target: Target) -> None:
    sums = COLLECTION / "bin" / ARCH / "probe.sha256"
    try:
        sums.write_text("0" * 64)
        play = newest.play([probe("damaged")])
        assert "does not match its .sha256: install the collection again" in play["damaged"]["msg"], play.output
    finally:
        put_binary(COLLECTION, BINARY, ARCH)


def test_no_binaries(newest: Controller, target: Target) -> None:
    modules = COLLECTION / "bin/modules.json"
    kept = modules.read_text()
    try:
        modules.unlink()
        play = newest.play([probe("none")])
        assert "cargo xtask collection" in play["none"]["msg"], play.output
        modules.write_text(json.dumps({}))
        play = newest.play([probe("none")])
        assert "no binary of cdgp.docker has the module probe" in play["none"]["msg"], play.output
    finally:
        modules.write_text(kept)


def test_a_new_version_takes_the_place(newest: Controller, target: Target) -> None:
    newest.play([probe("old")])
    other = COLLECTION.parent / "other"
    other.write_bytes(BINARY.read_bytes() + b"a newer one")
    try:
        put_binary(COLLECTION, other, ARCH)
        before = len(target.sessions())
        play = newest.play([probe("new"), probe("again")])
        assert play["again"]["changed"], play.output
        assert len(target.sessions()) - before == 4
    finally:
        put_binary(COLLECTION, BINARY, ARCH)
