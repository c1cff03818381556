"""The cache on the target: it heals itself, whatever has happened to it, and belongs to one user."""

from __future__ import annotations

import subprocess

import pytest
from controller import Controller
from target import Target
from test_features import probe

# What may befall a cached binary: $f in the directory $d.
CORRUPTIONS = {
    "empty": ": > $f",
    "truncated early": "head -c 3 $f > /tmp/t; cat /tmp/t > $f",
    "truncated": "head -c 700000 $f > /tmp/t; cat /tmp/t > $f",
    "a page short": "head -c -4096 $f > /tmp/t; cat /tmp/t > $f",
    "a bit flipped at the end": "printf '\\001' | dd of=$f bs=1 seek=$(($(wc -c < $f) - 9)) conv=notrunc 2>/dev/null",
    "of another machine": "printf '\\377' | dd of=$f bs=1 seek=18 conv=notrunc 2>/dev/null",
    "the same time stamp": "touch -r $f /tmp/t; echo more >> $f; touch -r /tmp/t $f",
    "rubbish": "echo 'echo rubbish' > $f",
    "a directory": "rm $f; mkdir $f",
    "not executable": "chmod 600 $f",
    "not readable": "chmod 000 $f",
    "deleted": "rm $f",
    "directory deleted": "rm -r $d",
    "a file in place of the directory": "rm -r $d; : > $d",
    "of someone else": "chown bob $d",
    "a link": "mv $d /tmp/d; ln -s /tmp/d $d",
    "a file of someone else": "chown bob $f",
    "a link to a program": "mv $f /tmp/f; ln -s /tmp/f $f",
}
# Only where sha256sum tells: a binary that crashes, and has its size, is otherwise not run again.
CRASHING = {"2 KB of rubbish": "dd if=/dev/urandom of=$f bs=2048 seek=400 count=1 conv=notrunc 2>/dev/null"}


@pytest.mark.parametrize(("name", "user", "corruptions"), [("debian", "alice", CORRUPTIONS | CRASHING), ("busybox", "root", CORRUPTIONS)])
def test_corruptions(newest: Controller, targets: dict[str, Target], name: str, user: str, corruptions: dict[str, str]) -> None:
    """All in one play, for speed: before each task a command beside ssh restores the cache, and then spoils it."""
    target = targets[name]
    target.run("rm -rf /root/.cache /home/*/.cache /var/tmp/cdgp.docker* /tmp/* /kept")
    host = user if name == "debian" else f"{name}_{user}"
    newest.play([probe("first")], hosts=host)
    d = f"/{'root' if user == 'root' else f'home/{user}'}/.cache/cdgp.docker"
    target.run(f"cp -a {d} /kept")
    tasks = []
    for corruption, command in corruptions.items():
        script = f"d={d}; rm -rf $d /var/tmp/cdgp.docker* /tmp/*; cp -a /kept $d; f=$(echo $d/probe-*); {command}; echo '== {corruption} ==' >> /var/log/sshd"
        spoil = {"name": f"spoil: {corruption}", "ansible.builtin.command": {"argv": ["chroot", str(target.root), "/bin/sh", "-c", script]}}
        local = {"delegate_to": "here", "vars": {"ansible_python_interpreter": f"{newest.venv}/bin/python"}}
        tasks += [spoil | local, probe(corruption, {"text": "hello"}, ignore_errors=True)]
    play = newest.play(tasks, hosts=host)
    log = target.log.read_text(errors="replace")
    for corruption in corruptions:
        assert play[corruption].get("text_length") == 5, f"{corruption}: {play[corruption]}\n{play.output}"
        part = log.split(f"== {corruption} ==")[1].split("==")[0]
        # Missed or found damaged, uploaded, run: and run only once.
        assert part.count("Starting session: command") == 3, f"{corruption}: {part}"


def test_each_user_has_a_cache(newest: Controller, target: Target) -> None:
    newest.play([probe("one"), probe("two", become=True)], hosts="alice,dave,root", ignore_errors=True)
    for home, uid in (("root", 0), ("home/alice", 1001), ("home/dave", 1004)):
        (cached,) = target.cached(home)
        found = cached.stat(), cached.parent.stat()
        assert [(s.st_uid, s.st_mode & 0o777) for s in found] == [(uid, 0o700), (uid, 0o700)]


def test_another_home_is_not_trusted(newest: Controller, target: Target) -> None:
    """sudo without -H leaves HOME at the caller's: root must not run what lies there."""
    newest.play([probe("own")], hosts="alice")
    play = newest.play([probe("root", become=True)], hosts="alice", vars={"ansible_become_flags": "-n --preserve-env=HOME"})
    assert play["root"]["user"] == 0, play.output
    assert play["root"]["program"].startswith("/var/tmp/cdgp.docker-0/")


def test_parallel_tasks_on_a_cold_cache(ends: Controller, target: Target) -> None:
    """Eight hosts that are one: each uploads, and none sees half of another's upload."""
    names = [f"twin{index}" for index in range(8)]
    add = {"name": "add", "ansible.builtin.add_host": {"name": "{{ item }}", "groups": "twins", "ansible_host": "127.0.0.1",
           "ansible_port": target.port, "ansible_user": "alice", "ansible_ssh_private_key_file": "/mnt/key"}, "loop": names}  # fmt: skip
    play = ends.plays(
        [{"hosts": "here", "gather_facts": False, "tasks": [add]}, {"hosts": "twins", "gather_facts": False, "tasks": [probe("cold"), probe("warm")]}],
        arguments=("--forks", "8"),
    )
    for task in ("cold", "warm"):
        assert [result["kind"] for result in play.tasks[task]] == ["ok"] * 8, play.output
    assert len(target.cached("home/alice")) == 1


def test_old_versions_go(newest: Controller, target: Target) -> None:
    target.run("umask 077; mkdir -p /root/.cache/cdgp.docker; cd /root/.cache/cdgp.docker; touch new; touch -d '2020-01-01' old")
    newest.play([probe("run")])
    assert {path.name.split("-")[0] for path in target.cached()} == {"new", "probe"}


def mounted(command: str) -> None:
    """Mounts or unmounts something on a target, which shares the tests' mount namespace."""
    subprocess.run(command, shell=True, check=True)


def test_noexec(newest: Controller, target: Target) -> None:
    """A home that is mounted noexec: /var/tmp is used; that too: a clear error; unless the user names a place."""
    root = target.root
    mounted(f"mount -t tmpfs -o noexec,mode=700,uid=1001 tmpfs {root}/home/alice")
    try:
        play = newest.play([probe("first"), probe("second")], hosts="alice")
        assert play["second"]["program"].startswith("/var/tmp/cdgp.docker-1001/"), play.output
        mounted(f"mount -t tmpfs -o noexec,mode=1777 tmpfs {root}/var/tmp")
        play = newest.play([probe("nowhere")], hosts="alice")
        assert "no place on the target to keep and run `probe`" in play["nowhere"]["msg"]
        target.run("mkdir -p -m 755 /opt/run; chown alice /opt/run")
        play = newest.play([probe("named")], hosts="alice", vars={"where": "/opt/run", "cdgp_docker_cache": "{{ where }}/cache"})
        assert play["named"]["program"].startswith("/opt/run/cache/probe-"), play.output
    finally:
        mounted(f"umount {root}/home/alice; umount {root}/var/tmp || true")


def test_a_full_disk(newest: Controller, target: Target) -> None:
    mounted(f"mount -t tmpfs -o size=600k,mode=700,uid=1001 tmpfs {target.root}/home/alice")
    try:
        play = newest.play([probe("full")], hosts="alice")
        assert "uploading `probe` to" in play["full"]["msg"] and "No space left" in play["full"]["msg"], play.output
        assert target.cached("home/alice") == []
    finally:
        mounted(f"umount {target.root}/home/alice")
