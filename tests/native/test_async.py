"""Asynchronous tasks, on hosts without Python."""

from __future__ import annotations

import time

from controller import Controller
from target import Target
from test_features import probe

CANARY = "canary-of-a-job"


def status(name: str, job: str, **task: object) -> dict[str, object]:
    """A task that asks for a job."""
    return {"name": name, "cdgp.docker.async_status": {"jid": f"{{{{ {job}.ansible_job_id }}}}"}, **task}


def test_jobs(every: Controller, target: Target) -> None:
    hold = {"async": 30, "poll": 0}
    tasks = [
        probe("polled", {"sleep": 0.5, "text": "hello", "password": CANARY}, **{"async": 20, "poll": 1}, environment={"COLOUR": "green"}),
        probe("polled in vain", {"end": "failure"}, **{"async": 20, "poll": 1}, ignore_errors=True),
        probe("retried", {"text": "x"}, **{"async": 20, "poll": 1}, register="tried", until="tried.attempts|default(0) == 2", retries=3, delay=0, ignore_errors=True),
        probe("too long", {"sleep": 60}, **{"async": 2, "poll": 1}, ignore_errors=True),
        probe("started", {"sleep": 2, "text": "hello", "password": CANARY}, **hold, register="job", become=True),
        probe("crashing", {"end": "crash"}, **hold, register="crashing"),
        probe("failing", {"end": "failure"}, **hold, register="failing"),
        probe("limited", {"sleep": 60}, **{"async": 1, "poll": 0}, register="limited"),
        status("running", "job", become=True),
        status("finished", "job", become=True, register="asked", until="asked is finished", retries=20, delay=1),
        {"name": "cleaned", "cdgp.docker.async_status": {"jid": "{{ job.ansible_job_id }}", "mode": "cleanup"}, "become": True},
        status("gone", "job", become=True, ignore_errors=True),
        status("crashed", "crashing", ignore_errors=True),
        status("failed", "failing", ignore_errors=True),
        status("at its limit", "limited", register="late", until="late is finished", retries=20, delay=1, ignore_errors=True),
        probe("looped", {"text": "{{ item }}"}, loop=["a", "bb"], **{"async": 20, "poll": 1}),
    ]
    play = every.play(tasks, hosts="alice")
    assert play["polled"].get("text_length") == 5 and play["polled"]["changed"] and play["polled"]["finished"], play.output
    assert play["polled"]["environment"]["COLOUR"] == "green"
    assert play.kind("polled in vain") == "failed" and play["polled in vain"]["msg"] == "failed as asked"
    assert play["retried"]["text_length"] == 1 and play["retried"]["finished"]
    assert play["too long"]["msg"] == "async task did not complete within the requested time - 2s" or "Timeout exceeded" in play["too long"]["msg"]
    assert play["started"]["changed"] and not play["started"]["finished"] and play["started"]["results_file"].startswith("/root/.ansible_async/j")
    assert not play["running"]["finished"] and play["running"]["started"]
    assert play["finished"]["text_length"] == 5 and play["finished"]["user"] == 0
    assert play["cleaned"]["erased"] == play["started"]["results_file"] and not play["cleaned"]["changed"]
    assert play["gone"]["msg"] == "could not find job" and play["gone"]["finished"]
    assert play["crashed"]["msg"] == "the module's process was ended by signal 6 and left no result"
    assert play["failed"]["msg"] == "failed as asked"
    assert "Timeout exceeded" in play["at its limit"]["msg"]
    assert [item["text_length"] for item in play["looped"]["results"]] == [1, 2]
    assert CANARY not in play.output
    assert not target.files_with(CANARY)


def test_polling_is_one_trip(newest: Controller, target: Target) -> None:
    newest.play([probe("warm")])
    before = len(target.sessions())
    newest.play([probe("polled", {"sleep": 1.5}, **{"async": 20, "poll": 1})])
    assert len(target.sessions()) - before in (4, 5)  # started, asked two or three times, cleaned up


def test_a_job_outlives_its_connection(newest: Controller, target: Target) -> None:
    play = newest.play([probe("job", {"sleep": 3}, **{"async": 30, "poll": 0})], hosts="alice")
    assert target.run("ps -ef | grep -c '[p]robe -'").strip() == "2"
    target.run("pkill -f '[s]shd: alice' || true")
    time.sleep(4)
    name = play["job"]["ansible_job_id"]
    play = newest.play([{"name": "asked", "cdgp.docker.async_status": {"jid": name}}], hosts="alice")
    assert play["asked"]["finished"] and play["asked"]["changed"], play.output
    assert target.run("ps -ef | grep '[p]robe -' || true") == ""
    mode = target.run("ls -l /home/alice/.ansible_async").split("\n")[1]
    assert mode.startswith("-rw-------")


def test_a_job_whose_keeper_is_gone(newest: Controller, target: Target) -> None:
    play = newest.play([probe("job", {"sleep": 60}, **{"async": 90, "poll": 0})])
    name = play["job"]["ansible_job_id"]
    target.run(f"kill -9 {name.rpartition('.')[2]}")
    play = newest.play([{"name": "asked", "cdgp.docker.async_status": {"jid": name}}])
    assert play.kind("asked") == "failed" and play["asked"]["finished"] and "nothing keeps the job" in play["asked"]["msg"]
    play = newest.play([{"name": "path", "cdgp.docker.async_status": {"jid": "../../etc/passwd"}}])
    assert "`jid`" in play["path"]["msg"]
