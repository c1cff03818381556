#!/usr/bin/env python3
"""What rules cost: the module firewall against bare iptables-restore and iptables-save, and against ansible.builtin.iptables.

    unshare --net --mount firewall_bench.py FIREWALL [ROUNDS]

FIREWALL is the binary. Times in milliseconds, the least of ROUNDS (5); RSS is the module's. The goals are those of the issue: apply at
most 1.3 times a bare restore, a run without a change at most 1.3 times a bare save, at most 64 MB with 10,000 rules.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

COUNTS = [100, 1_000, 10_000]


def run(words: list[str], text: str = "") -> tuple[float, str]:
    """Milliseconds, and what it printed."""
    start = time.perf_counter()
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = child.communicate(text)
    took = (time.perf_counter() - start) * 1e3
    if child.returncode:
        sys.exit(f"{words}: {out[:2000]}{err[:500]}")
    return took, out


def rules(count: int) -> list[dict]:
    return [
        {"name": f"rule {n}", "ports": [1 + n % 60_000], "sources": [f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"]} for n in range(count)
    ]


def ours(arguments: dict, *, check: bool = False, diff: bool = False) -> tuple[float, dict]:
    task = {**arguments, "_ansible_check_mode": check, "_ansible_diff": diff}
    took, out = run([BINARY, "firewall", "-"], json.dumps(task))
    return took, json.loads(out)


def peak(arguments: dict) -> float:
    """Megabytes that the module needs at most."""
    command = ["/usr/bin/env", "python3", "-c", "import resource,subprocess,sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)", BINARY, "firewall", "-"]  # fmt: skip
    return int(run(command, json.dumps(arguments))[1]) / 1e3


def least(work, rounds: int) -> float:
    return min(work() for _ in range(rounds))


def main(rounds: int) -> int:
    empty = {"state": "absent"}
    print(f"{'rules':>7}{'apply':>9}{'restore':>9}{'ratio':>7}{'no-op':>9}{'save':>9}{'ratio':>7}{'diff':>9}{'RSS MB':>8}")
    missed = 0
    for count in COUNTS:
        wanted = {"rules": rules(count), "policies": {"input": "accept"}, "docker": "never", "persist": False}

        def applied() -> float:
            ours(empty)
            took, answer = ours(wanted)
            assert answer["changed"], answer
            return took

        apply = least(applied, rounds)
        noop = least(lambda: ours(wanted)[0], rounds)
        assert not ours(wanted)[1]["changed"]
        diff = least(lambda: ours({**wanted, "rules": wanted["rules"][1:]}, check=True, diff=True)[0], rounds)
        memory = peak(wanted)
        texts = {program: run([f"{program}-save"])[1] for program in ("iptables", "ip6tables")}
        save = least(lambda: sum(run([f"{program}-save"])[0] for program in texts), rounds)
        ours(empty)

        def restored() -> float:
            for program in texts:
                run([program, "-F"])
                run([program, "-X"])
            return sum(run([f"{program}-restore", "--noflush"], text)[0] for program, text in texts.items())

        restore = least(restored, rounds)
        for program in texts:
            run([program, "-F"])
            run([program, "-X"])
        goals = [apply <= 1.3 * restore, noop <= 1.3 * save, memory <= 64]
        missed += goals.count(False)
        print(f"{count:>7}{apply:>9.1f}{restore:>9.1f}{apply / restore:>7.2f}{noop:>9.1f}{save:>9.1f}{noop / save:>7.2f}{diff:>9.1f}{memory:>8.1f}", flush=True)
    print("goals: reached" if not missed else f"goals: {missed} MISSED")
    return 0


if __name__ == "__main__":
    BINARY = sys.argv[1]
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    for folder in ("/run", "/var/lib"):
        subprocess.run(["mount", "-t", "tmpfs", "bench", folder], check=True)
    sys.exit(main(int(sys.argv[2]) if len(sys.argv) > 2 else 5))
