"""A host without Python: a root file system of its own, with a real sshd, in namespaces that end with the tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

# Where everything that the tests make lies: a tmpfs that only the tests' mount namespace sees (see `run`).
WORK = Path("/mnt")
USERS = ("root", "alice", "bob", "carol", "dave")
SSHD_CONFIG = """
HostKey /etc/ssh/host_key
AuthorizedKeysFile /etc/ssh/keys/%u
PasswordAuthentication no
PermitRootLogin yes
UsePAM yes
StrictModes no
LogLevel VERBOSE
MaxStartups 100
MaxSessions 100
Subsystem sftp /usr/lib/openssh/sftp-server
"""


class Target:
    """One host. Its root file system is a fresh copy of one that `make-target` made."""

    # What it does not share with the controller.
    NAMESPACES: tuple[str, ...] = ("--pid",)

    def __init__(self, template: Path, name: str, port: int) -> None:
        self.name, self.port = name, port
        self.root = WORK / name
        self.log = self.root / "var/log/sshd"
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "-a", str(template), str(self.root)], check=True)
        self.log.parent.mkdir(exist_ok=True)
        self._devices()
        self._keys()
        self.sshd = self._start()

    def _devices(self) -> None:
        dev = self.root / "dev"
        for node in ("null", "zero", "urandom", "random", "tty", "full"):
            found = os.stat(f"/dev/{node}")
            os.mknod(dev / node, found.st_mode, found.st_rdev)
            os.chmod(dev / node, 0o666)
        (dev / "pts").mkdir()
        subprocess.run(["mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts", str(dev / "pts")], check=True)
        os.symlink("pts/ptmx", dev / "ptmx")

    def _keys(self) -> None:
        key = WORK / "key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        etc = self.root / "etc/ssh"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(etc / "host_key")], check=True)
        (etc / "keys").mkdir()
        for user in USERS:
            shutil.copy(f"{key}.pub", etc / "keys" / user)
        (etc / "sshd_config").write_text(SSHD_CONFIG)
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost target\n")

    def _start(self) -> subprocess.Popen[bytes]:
        """sshd as the first process of a PID namespace: nothing on the target outlives it."""
        daemon = f"exec /usr/sbin/sshd -D -p {self.port} -E /var/log/sshd"
        process = subprocess.Popen(
            ["unshare", *self.NAMESPACES, "--fork", "--kill-child", "sh", "-c",
             f"mount -t proc proc {self.root}/proc && exec chroot {self.root} /bin/sh -c '{daemon}'"]
        )  # fmt: skip
        for _ in range(200):
            if self.log.exists() and "Server listening" in self.log.read_text():
                self.init = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())
                return process
            time.sleep(0.05)
        raise RuntimeError(f"sshd did not start: {self.log.read_text() if self.log.exists() else process.poll()}")

    def stop(self) -> None:
        """Ends sshd and every process on the target."""
        self.sshd.kill()
        self.sshd.wait()

    def sessions(self) -> list[str]:
        """What ssh clients have started since the target came up: "command", or "subsystem 'sftp'"."""
        return re.findall(r"Starting session: (command|subsystem '\w+'|shell)", self.log.read_text(errors="replace"))

    def run(self, command: str) -> str:
        """Runs a command on the target as root, beside ssh."""
        inside = ["nsenter", "--pid", f"--target={self.init}", "chroot", str(self.root), "/bin/sh", "-c", command]
        return subprocess.run(inside, check=True, stdout=subprocess.PIPE, text=True).stdout

    def wait_for(self, command: str) -> str:
        """Runs a command on the target again and again, until it prints something."""
        for _ in range(200):
            if said := self.run(f"{command} || true"):
                return said
            time.sleep(0.1)
        raise AssertionError(f"{command}: nothing came")

    def cached(self, home: str = "root") -> list[Path]:
        """The files in the cache of the user whose home this is, seen from outside."""
        return sorted((self.root / home / ".cache/cdgp.docker").glob("*"))

    def files_with(self, needle: str, *below: str) -> list[str]:
        """Every file on the target, or below these directories, that holds `needle`."""
        where = [str(self.root / directory) for directory in below] or [str(self.root)]
        command = ["grep", "-rlF", "--devices=skip", "--exclude-dir=proc", needle, *where]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout.split()
