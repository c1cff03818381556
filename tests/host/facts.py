#!/usr/bin/env python3
"""What host_facts tells and what ansible.builtin.setup tells of the same machine: the same values under the same names.

usage: facts.py BINARY      (by a Python that has ansible-core)
Exit status 1 if anything differs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

# Ansible's order of interfaces and addresses is the kernel's or none; uptime goes on between the two.
UNORDERED = {"ansible_interfaces", "ansible_all_ipv4_addresses", "ansible_all_ipv6_addresses"}
# Of an interface, what the documentation promises.
PROMISED = ("device", "active", "mtu", "macaddress", "type", "ipv4", "ipv6")
OWN = {"cdgp_host"}


def theirs() -> dict[str, t.Any]:
    """Facts by Ansible."""
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-c", "local", "-i", "localhost,", "-m", "setup"]
    said = subprocess.run([*command, "-e", f"ansible_python_interpreter={sys.executable}"], check=True, capture_output=True, text=True).stdout
    return json.loads(said[said.index("{") :])["ansible_facts"]


def main() -> int:
    """Compares."""
    done = subprocess.run([sys.argv[1], "host_facts"], check=True, capture_output=True, text=True)
    ours, reference = json.loads(done.stdout)["ansible_facts"], theirs()
    interfaces = {f"ansible_{name.replace('-', '_').replace('.', '_')}" for name in reference["ansible_interfaces"]}
    wrong = same = 0
    for name, value in ours.items():
        other = reference.get(name)
        if name in OWN:
            continue
        if name in interfaces:
            other = {key: other[key] for key in PROMISED if key in other}
            value = {key: value[key] for key in PROMISED if key in value}
        if name in UNORDERED:
            value, other = sorted(value), sorted(other)
        equal = abs(value - other) < 60 if name == "ansible_uptime_seconds" else value == other
        same += equal
        if not equal:
            wrong += 1
            print(f"{name}: ansible.builtin.setup: {json.dumps(other)}; host_facts: {json.dumps(value)}")
    print(f"facts: {same} are the same, {wrong} differ")
    return int(wrong > 0 or same < 30)


if __name__ == "__main__":
    sys.exit(main())
