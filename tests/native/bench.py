#!/usr/bin/env python3
"""Measures what a task costs over ssh: ours, community.docker's, Mitogen's, and `raw: true` as the floor.

    tests/native/bench.py [ROUNDS]     default: 21 rounds; `cargo xtask collection` must have been run

All ways take turns in one play, over one ControlPersist connection to a real sshd, with an idempotent `docker_volume` task
on a real engine. Controller, sshd, engine and target share this machine, in namespaces of their own. Root, on a Debian.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import typing as t
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
PEER = Path(os.environ.get("PEER") or CACHE / "cdgp-peer")
PORT, SOCKET = 2210, "/mnt/docker.sock"
VOLUME = {"volume_name": "bench", "labels": {"purpose": "bench"}, "docker_host": f"unix://{SOCKET}"}
# What each way adds to a task. Warm: the binary is cached, the volume is there.
WAYS: dict[str, dict[str, t.Any]] = {
    "raw: true": {"ansible.builtin.raw": "true"},
    "ours": {"cdgp.docker.docker_volume": VOLUME},
    "ours, as an ordinary module": {"docker_volume": VOLUME},
    "community.docker, pipelined": {"community.docker.docker_volume": VOLUME, "vars": {"ansible_pipelining": True}},
    "community.docker": {"community.docker.docker_volume": VOLUME},
}
# Mitogen's of the day. community.docker's version is that of the peer suite, ansible-core's that of the tests' newest.
PINNED = ["mitogen==0.3.54", "requests==2.34.2"]
# What processes on the target see of the environment.
BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/mnt/home"}
GOALS = {"raw: true": 1.15, "community.docker, pipelined": 0.4}


def main() -> None:
    """Fetches what is missing, enters namespaces, measures."""
    if os.geteuid() != 0:
        sys.exit("tests/native/bench.py: it starts sshd and dockerd: run it as root")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    if "CDGP_BENCH" not in os.environ:
        enter_namespaces()
    known = json.loads(os.environ["CDGP_BENCH"])
    daemons = [start_engine(Path(known["engine"])), start_sshd()]
    try:
        measure(known, rounds)
    finally:
        for daemon in daemons:
            daemon.terminate()
            daemon.wait()


def enter_namespaces() -> t.NoReturn:
    """Runs this script again where nothing that it makes outlives it."""
    def said(*command: str) -> str:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]).stdout.strip()

    if not (PEER / "suite/coll").is_dir():
        subprocess.run([HERE.parent / "peer/get-tools"], check=True)
    target = json.loads(said("cargo", "metadata", "--no-deps", "--format-version", "1"))["target_directory"]
    newest = said(str(HERE / "make-venvs"), "newest").split()[1]
    core = said(f"{newest}/bin/python", "-c", "from importlib.metadata import version; print(version('ansible-core'))")
    venv, pinned = f"{target}/bench-venv", [f"ansible-core=={core}", *PINNED]
    if not Path(venv, " ".join(pinned)).exists():
        print(f"making {venv}: {', '.join(pinned)}", flush=True)
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([f"{newest}/bin/python", "-m", "venv", venv], check=True)
        subprocess.run([f"{venv}/bin/pip", "-q", "install", *pinned], check=True)
        Path(venv, " ".join(pinned)).touch()
    manifest = json.loads((PEER / "suite/coll/ansible_collections/community/docker/MANIFEST.json").read_text())
    print(f"ansible-core {core}, community.docker {manifest['collection_info']['version']}, {', '.join(PINNED)}; Docker 28.5", flush=True)
    known = {"engine": said(str(HERE.parent / "engines/fetch"), "28.5"), "venv": venv, "busybox": f"{said(str(HERE / 'make-target'))}/busybox/bin/busybox", "collections": f"{target}/collections"}
    os.environ["CDGP_BENCH"] = json.dumps(known)
    inside = 'mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs /mnt && mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up && exec "$@"'
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--uts", "--ipc", "sh", "-ec", inside, "sh"]
    os.execvp("unshare", [*command, sys.executable, __file__, *sys.argv[1:]])


def start_engine(programs: Path) -> subprocess.Popen[bytes]:
    """A dockerd that holds volumes and no more."""
    path = f"{programs}/bin:{os.environ['PATH']}"
    arguments = ["--data-root=/mnt/docker", "--exec-root=/run/docker", "--pidfile=/run/docker.pid", f"--host=unix://{SOCKET}",
                 "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"]  # fmt: skip
    return started(["dockerd", *arguments], lambda: Path(SOCKET).is_socket(), {**os.environ, "PATH": path})


def start_sshd() -> subprocess.Popen[bytes]:
    """sshd on this machine's own files, without PAM: only root comes in, by a key made now."""
    for name in ("key", "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"/mnt/{name}"], check=True)
    shutil.copy("/mnt/key.pub", "/mnt/authorized")
    Path("/mnt/sshd_config").write_text(
        "HostKey /mnt/host_key\nAuthorizedKeysFile /mnt/authorized\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
        "PidFile /run/sshd.pid\nSubsystem sftp internal-sftp\nListenAddress 127.0.0.1\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin") or sys.exit("tests/native/bench.py: apt-get install openssh-server")
    listening = f"{PORT:04X} "
    return started([sshd, "-D", "-f", "/mnt/sshd_config", "-p", str(PORT)], lambda: listening in Path("/proc/net/tcp").read_text(), dict(os.environ))


def started(command: list[str], ready: t.Callable[[], bool], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Starts a daemon and waits until it is ready."""
    log = Path(f"/mnt/{Path(command[0]).name}.log")
    with log.open("wb") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    for _ in range(600):
        if ready():
            return daemon
        if daemon.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"tests/native/bench.py: {command[0]} did not come up:\n{log.read_text()[-2000:]}")


def play(known: dict[str, str], tasks: list[dict[str, t.Any]], **environment: str) -> dict[str, list[float]]:
    """Runs tasks in one play and returns the seconds that each took, by its way: the name up to `#`."""
    interpreter = f"{known['venv']}/bin/python"
    host = {"ansible_host": "127.0.0.1", "ansible_port": PORT, "ansible_user": "root", "ansible_ssh_private_key_file": "/mnt/key",
            "ansible_python_interpreter": interpreter, "ansible_remote_tmp": "/mnt/tmp", "cdgp_docker_cache": "/mnt/cache"}  # fmt: skip
    Path("/mnt/inventory.json").write_text(json.dumps({"all": {"hosts": {"target": host}}}))
    Path("/mnt/play.json").write_text(json.dumps([{"hosts": "target", "gather_facts": False, "tasks": tasks}]))
    library = Path("/mnt/library")
    library.mkdir(exist_ok=True)
    shutil.copy(f"{known['collections']}/ansible_collections/cdgp/docker/bin/{os.uname().machine}/volumes", library / "docker_volume")
    suite = PEER / "suite"
    configured = {
        "HOME": "/mnt/home", "PATH": f"{known['venv']}/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "ANSIBLE_INVENTORY": "/mnt/inventory.json",
        "ANSIBLE_COLLECTIONS_PATH": f"{known['collections']}:{suite}/coll:{suite}/deps", "ANSIBLE_LIBRARY": str(library),
        "ANSIBLE_STDOUT_CALLBACK": "tell", "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"), "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": "/mnt/home/cp", "ANSIBLE_SSH_EXTRA_ARGS": "-F /dev/null -o UserKnownHostsFile=/dev/null",
    }  # fmt: skip
    Path("/mnt/home").mkdir(exist_ok=True)
    done = subprocess.run(["ansible-playbook", "/mnt/play.json"], check=False, capture_output=True, text=True, env={**configured, **environment})
    seconds: dict[str, list[float]] = {}
    for line in done.stdout.split("\n"):
        if line.startswith("TELL "):
            told = json.loads(line[5:])
            way, _, number = told["task"].partition("#")
            if int(number) > 0:
                if told["kind"] != "ok" or (not way.startswith("raw") and told["result"].get("changed")):
                    sys.exit(f"tests/native/bench.py: {line[:2000]}")
                seconds.setdefault(way, []).append(told["seconds"])
    if done.returncode:
        sys.exit(f"tests/native/bench.py: the play failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return seconds


def rounds_of(ways: dict[str, dict[str, t.Any]], rounds: int) -> list[dict[str, t.Any]]:
    """The ways in turn, again and again. The first round (number 0) warms up."""
    return [{"name": f"{way}#{number}", **task} for number in range(rounds + 1) for way, task in ways.items()]


def measure(known: dict[str, str], rounds: int) -> None:
    """Prints the tables."""
    print(f"{rounds} rounds of one idempotent docker_volume task over ssh, milliseconds of wall time per task", flush=True)
    seconds = play(known, rounds_of(WAYS, rounds))
    strategy = subprocess.run(
        [f"{known['venv']}/bin/python", "-c", "import ansible_mitogen; print(ansible_mitogen.__path__[0])"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    mitogen = {f"{way}, Mitogen": WAYS[way] for way in ("raw: true", "community.docker", "ours")}
    # Its strategy plug-ins have no other way in than these variables.
    under = {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": f"{strategy}/plugins/strategy"}
    seconds |= play(known, rounds_of(mitogen, rounds), **under)
    ours = statistics.median(seconds["ours"])
    print(f"{'':<30}{'median':>8}{'min':>8}{'max':>8}{'ours / this':>13}  goal")
    for way, taken in seconds.items():
        median, goal = statistics.median(taken), GOALS.get(way)
        verdict = "" if goal is None else f"≤ {goal}: {'reached' if ours / median <= goal else 'MISSED'}"
        print(f"{way:<30}{median * 1000:>8.0f}{min(taken) * 1000:>8.0f}{max(taken) * 1000:>8.0f}{ours / median:>13.2f}  {verdict}")
    costs(known, rounds)


def costs(known: dict[str, str], rounds: int) -> None:
    """What the target itself does for a task: CPU and memory, without ssh."""
    sys.path.insert(0, f"{known['collections']}/ansible_collections/cdgp/docker/plugins/action")
    payload = "/mnt/payload"
    Path(payload).write_text(json.dumps({**VOLUME, "_ansible_module_name": "cdgp.docker.docker_volume"}))
    binary = next(Path("/mnt/cache").glob("volumes-*"))
    # The module as Ansible would send it, with its arguments in it.
    play(known, [{"name": "keep#1", **WAYS["community.docker"]}], ANSIBLE_KEEP_REMOTE_FILES="1")
    module = max(Path("/mnt/tmp").glob("*/AnsiballZ_docker_volume.py"), key=lambda path: path.stat().st_mtime)
    # The whole script of a task, as the plug-in writes it, is what a hit costs.
    script = subprocess.run(
        [f"{known['venv']}/bin/python", "-c", "import sys, pathlib, native; r = pathlib.Path(sys.argv[1]); "
         "print(native.run_script(native.Binary.of_module('docker_volume', r), 'docker_volume', '/mnt/cache'))",
         f"{known['collections']}/ansible_collections/cdgp/docker/bin"],
        check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": sys.path[0], "PYTHONDONTWRITEBYTECODE": "1"},
    ).stdout.strip()  # fmt: skip
    ways = {
        "our binary": [str(binary), "docker_volume", "-"],
        "our script with it": ["/bin/sh", "-c", script],
        "community.docker's module": [f"{known['venv']}/bin/python", str(module)],
    }
    # An sshd starts this much for any task.
    shell = cpu_of(["/bin/sh", "-c", ":"], "/dev/null")
    print(f"\n{'on the target (a shell: ' + format(shell, '.1f') + ' ms)':<30}{'CPU ms':>8}{'peak MB':>9}  goal")
    for way, command in ways.items():
        cpu = statistics.median(cpu_of(command, payload) for _ in range(rounds))
        memory = max(memory_of(known["busybox"], command, payload) for _ in range(3))
        verdict = "" if way.startswith("community") else f"≤ 5 ms, ≤ 8 MB: {'reached' if cpu <= 5 and memory <= 8 else 'MISSED'}"
        print(f"{way:<30}{cpu:>8.1f}{memory:>9.1f}  {verdict}")


def cpu_of(command: list[str], stdin: str) -> float:
    """The milliseconds of CPU that a command takes, with all that it starts."""
    with open(stdin, "rb") as file:
        child = subprocess.Popen(command, stdin=file, stdout=subprocess.DEVNULL, env=BARE)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"tests/native/bench.py: {command[0]} ended with {status}")
    return (used.ru_utime + used.ru_stime) * 1000


def memory_of(busybox: str, command: list[str], stdin: str) -> float:
    """The peak of a command's memory in MB, or of the largest process that it starts."""
    # A process starts with its parent's peak on its account, so the parent is small: BusyBox's `time`, some versions of
    # which mistake KB for pages.
    def peak(*command: str, stdin: str = "/dev/null") -> tuple[int, str]:
        with open(stdin, "rb") as file:
            done = subprocess.run([busybox, "time", "-f", "%M", *command], check=True, stdin=file, capture_output=True, text=True, env=BARE)
        return int(done.stderr.split()[-1]), done.stdout

    taken, told = peak(busybox, "grep", "VmHWM", "/proc/self/status")
    unit = max(1, round(taken / int(told.split()[1])))
    return peak(*command, stdin=stdin)[0] / unit / 1024


if __name__ == "__main__":
    main()
