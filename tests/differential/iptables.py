#!/usr/bin/env python3
"""Generated tasks through ansible.builtin.iptables and ours, in twin network namespaces: the same result, the same rules. See run-iptables."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys

STEPS = ["check mode", "apply", "again", "check mode of the removal", "remove", "remove again"]
# Ours fails in check mode where the run would: docs/differences.md.
FORETOLD = "ours fails in check mode as the run does"
# And it changes neither family where one refuses the rule.
NEITHER = "ours changes neither family where one refuses the rule"


def namespace() -> int:
    """A new network namespace with lo up, as a file descriptor."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.unshare(os.CLONE_NEWNET)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    made = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.setns(here, os.CLONE_NEWNET)
    return made


def peer(task: dict, where: int) -> dict:
    """Runs the peer's module in a child of this process, which has imported it once."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setns(where, os.CLONE_NEWNET)
        os.dup2(write, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.close(read)
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": task}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        with contextlib.suppress(BaseException):
            iptables.main()
        sys.stdout.flush()
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return parsed(said)


def inside(where: int, words: list[str], text: str = "") -> str:
    done = subprocess.run(words, input=text, text=True, capture_output=True, preexec_fn=lambda: os.setns(where, os.CLONE_NEWNET))
    return done.stdout


def ours(task: dict, where: int) -> dict:
    return parsed(inside(where, [BINARY, "iptables", "-"], json.dumps(task)))


def parsed(said: str) -> dict:
    try:
        return json.loads(said)
    except ValueError:
        return {"failed": True, "msg": f"not JSON: {said[-300:]}"}


def rules(where: int) -> list[str]:
    """What the kernel holds, without times and counters."""
    text = "".join(inside(where, [program]) for program in ("iptables-save", "ip6tables-save"))
    return [re.sub(r" \[\d+:\d+\]$", "", line) for line in text.splitlines() if not line.startswith("#")]


def compared(theirs: dict, our: dict, task: dict) -> list[str]:
    """Where the results differ; what only ours tells is not a difference."""
    lines = []
    if our.get("failed") and not theirs.get("failed") and task.get("_ansible_check_mode"):
        return [FORETOLD]
    for key in sorted(set(theirs) - {"invocation", "exception"}):
        one, other = theirs[key], our.get(key)
        if key == "cmd":  # ours always lists with numbers
            other = (other or "").replace(" --numeric", "")
            one = one.replace(" --numeric", "")
        if one != other:
            lines.append(f"{key}: peer {one!r}, ours {other!r}")
    if theirs.get("failed") and not our.get("failed"):
        lines.append("failed: only the peer")
    return lines


# --- the tasks


def maybe(source: random.Random, chance: float, options: dict, key: str, values: list) -> None:
    if source.random() < chance:
        options[key] = source.choice(values)


def rule(source: random.Random) -> dict:
    """A rule that mostly makes sense, and sometimes does not."""
    version = source.choice(["ipv4"] * 6 + ["ipv6"] * 3 + ["both"])
    six = version == "ipv6"
    o: dict = {"chain": source.choice(["INPUT"] * 6 + ["FORWARD", "OUTPUT", "MINE"]), "ip_version": version}
    if version == "ipv4" and source.random() < 0.1:
        o["ip_version"] = "ipv4"
    address = ["2001:db8::1", "2001:db8::/32", "!fe80::/10"] if six else ["192.0.2.1", "10.1.2.3/8", "!198.51.100.0/255.255.255.0", "10.0.0.0/255.0.255.0"]
    if version != "both":
        maybe(source, 0.35, o, "source", address)
        maybe(source, 0.2, o, "destination", address)
    maybe(source, 0.6, o, "protocol", ["tcp", "tcp", "udp", "icmp" if not six else "ipv6-icmp", "!tcp", "all", "47", "sctp", "nosuch"])
    protocol = o.get("protocol", "")
    if protocol in ("tcp", "udp", "sctp") or source.random() < 0.03:
        maybe(source, 0.6, o, "destination_port", ["22", "http", "1000:2000", ":80", "!443", "nosuch", "70000"])
        maybe(source, 0.2, o, "source_port", ["1024:", "53"])
        if "destination_port" not in o:
            maybe(source, 0.5, o, "destination_ports", [["80", "443"], ["22", "8000:8010"], ["https"], [str(n) for n in range(1, 17)]])
    if protocol == "tcp":
        maybe(source, 0.15, o, "syn", ["match", "negate", "ignore"])
        maybe(source, 0.1, o, "tcp_flags", [{"flags": ["ALL"], "flags_set": ["ACK", "RST"]}, {"flags": ["SYN", "FIN"], "flags_set": ["NONE"]}])
    if protocol in ("icmp", "ipv6-icmp"):
        maybe(source, 0.7, o, "icmp_type", ["echo-request", "8" if not six else "128", "3/1", "destination-unreachable", "nosuch"])
    if o["chain"] in ("INPUT", "FORWARD"):
        maybe(source, 0.2, o, "in_interface", ["lo", "eth+", "!eth0"])
    if o["chain"] in ("OUTPUT", "FORWARD") or source.random() < 0.02:
        maybe(source, 0.3, o, "out_interface", ["lo", "!br-+"])
    maybe(source, 0.3, o, "ctstate", [["NEW"], ["ESTABLISHED", "RELATED"], "NEW,INVALID", ["nosuch"]])
    maybe(source, 0.15, o, "match", [["state"], ["conntrack"], ["comment"], ["limit"], ["nosuch"], ["comment", "limit"]])
    maybe(source, 0.15, o, "limit", ["5/second", "60/minute", "7/hour", "100/day", "often"])
    maybe(source, 0.1, o, "limit_burst", ["10", "5"])
    if not six and version == "ipv4":
        maybe(source, 0.08, o, "src_range", ["192.0.2.1-192.0.2.9"])
        maybe(source, 0.08, o, "dst_range", ["!198.51.100.1-198.51.100.9"])
        maybe(source, 0.03, o, "fragment", ["!"])
    if o["chain"] == "OUTPUT":
        maybe(source, 0.4, o, "uid_owner", ["root", "1000", "!0"])
        maybe(source, 0.2, o, "gid_owner", ["0", "nosuchgroup"])
    maybe(source, 0.3, o, "comment", ["plain", "with spaces", "it's \"quoted\"", "a/b:c", "!not"])
    maybe(source, 0.02, o, "match_set", ["nosuchset"])
    if "match_set" in o:
        o["match_set_flags"] = "src"
    choice = source.random()
    if choice < 0.7:
        o["jump"] = source.choice(["ACCEPT", "DROP", "RETURN", "MINE", "REJECT", "NOSUCH"] if source.random() < 0.3 else ["ACCEPT", "DROP"])
    elif choice < 0.8:
        o["log_prefix"] = source.choice(["no: ", "short", "x" * 40])
        maybe(source, 0.5, o, "log_level", ["info", "4", "debug"])
        maybe(source, 0.2, o, "jump", ["LOG", "DROP"])
    elif choice < 0.9:
        o["reject_with"] = source.choice(["tcp-reset", "icmp6-adm-prohibited" if six else "icmp-host-prohibited", "nosuch"])
    elif choice < 0.93:
        o["goto"] = "MINE"
    if source.random() < 0.15:
        o["action"] = "insert"
        maybe(source, 0.5, o, "rule_num", ["1", "2", "99"])
    maybe(source, 0.15, o, "wait", ["5"])
    maybe(source, 0.05, o, "set_counters", ["5"])
    return o


def nat(source: random.Random) -> dict:
    kind = source.choice(["dnat", "snat", "masquerade", "redirect", "mark", "dscp", "tee", "notrack"])
    return {
        "dnat": {"table": "nat", "chain": "PREROUTING", "protocol": "tcp", "destination_port": "80", "jump": "DNAT", "to_destination": "192.0.2.7:8080"},
        "snat": {"table": "nat", "chain": "POSTROUTING", "jump": "SNAT", "to_source": "192.0.2.1-192.0.2.3"},
        "masquerade": {"table": "nat", "chain": "POSTROUTING", "protocol": "udp", "jump": "MASQUERADE", "to_ports": "1000-2000"},
        "redirect": {"table": "nat", "chain": "PREROUTING", "protocol": "tcp", "jump": "REDIRECT", "to_ports": "8080", "match": ["tcp"]},
        "mark": {"table": "mangle", "chain": "PREROUTING", "jump": "MARK"},
        "dscp": {"table": "mangle", "chain": "PREROUTING", "jump": "DSCP", source.choice(["set_dscp_mark", "set_dscp_mark_class"]): source.choice(["8", "EF"])},
        "tee": {"table": "mangle", "chain": "PREROUTING", "jump": "TEE", "gateway": "192.0.2.9"},
        "notrack": {"table": "raw", "chain": "PREROUTING", "protocol": "udp", "jump": "NOTRACK"},
    }[kind]


def case(source: random.Random) -> list[dict]:
    """The tasks of a case, one for each of STEPS (or fewer)."""
    choice = source.random()
    check = {"_ansible_check_mode": True}
    if choice < 0.06:
        one = {"chain": source.choice(["INPUT", "FORWARD", "NOSUCH"]), "policy": source.choice(["DROP", "ACCEPT", "QUEUE"]), "ip_version": source.choice(["ipv4", "both"])}
        return [{**one, **check}, one, one, {"chain": "INPUT", "policy": "ACCEPT", "ip_version": "both"}]
    if choice < 0.16:
        one = {"chain": source.choice(["WEB", "MINE", "INPUT"]), "table": source.choice(["filter", "filter", "nat"]), "chain_management": source.random() < 0.8}
        two = {**one, "state": "absent"}
        return [{**one, **check}, one, one, {**two, **check}, two, two]
    if choice < 0.2:
        one = {"flush": True, "table": source.choice(["filter", "nat"]), **({"chain": source.choice(["INPUT", "NOSUCH"])} if source.random() < 0.5 else {})}
        return [{**one, **check}, one, one]
    one = nat(source) if choice < 0.35 else rule(source)
    two = {**one, "state": "absent"}
    return [{**one, **check}, one, one, {**two, **check}, two, two] if source.random() < 0.5 else [{**one, **check}, one, one]


def main(count: int, seed: int) -> int:
    theirs_at, ours_at = namespace(), namespace()
    for where in (theirs_at, ours_at):
        for program in ("iptables", "ip6tables"):
            inside(where, [program, "-N", "MINE"])
            inside(where, [program, "-A", "MINE", "-j", "RETURN"])
    same = on_purpose = failures = 0
    unlike: list[str] = []
    done = number = 0
    while done < count:
        for step, task in zip(STEPS, case(random.Random(f"{seed}/{number}"))):
            theirs, our = peer(task, theirs_at), ours(task, ours_at)
            lines = compared(theirs, our, task)
            there, here = rules(theirs_at), rules(ours_at)
            if there != here:
                half = task.get("ip_version") == "both" and our.get("failed") and not set(here) - set(there)
                lines.append(NEITHER if half else f"rules: only the peer {sorted(set(there) - set(here))}, only ours {sorted(set(here) - set(there))}")
                # The next task begins from the same rules again.
                for save, restore in (("iptables-save", "iptables-restore"), ("ip6tables-save", "ip6tables-restore")):
                    inside(ours_at, [restore], inside(theirs_at, [save]))
            done += 1
            failures += bool(theirs.get("failed"))
            same += not lines
            known = lines in ([FORETOLD], [NEITHER])
            on_purpose += known
            if lines and not known:
                unlike.append("\n  ".join([f"case {number}, {step}: {json.dumps(task)}", *lines]))
                print(unlike[-1], flush=True)
        number += 1
    print(f"differential: {done} iptables tasks ({failures} of them refused), {same} the same, {on_purpose} differ on purpose, {len(unlike)} differ")
    return 1 if unlike else 0


if __name__ == "__main__":
    BINARY = sys.argv[1]
    from ansible.module_utils import basic
    from ansible.modules import iptables

    basic.has_journal = False
    sys.exit(main(int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1))
