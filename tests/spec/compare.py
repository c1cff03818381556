#!/usr/bin/env python3
"""Compares the answers of ansible-core and ours, case by case. Exit status 1 if any differ.

usage: compare.py CASES THEIRS OURS
"""

from __future__ import annotations

import json
import re
import sys


def exact(value) -> str:
    """A text that differs when the values do: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def settled(message: str, levels: int) -> str:
    """A message without what changes from one run of Ansible to the next."""

    def ordered(match: re.Match) -> str:
        return match[1] + ", ".join(sorted(match[2].split(", ")))

    message = re.sub(r"(Valid booleans include: )((?:'?\w+'?(?:, )?)+)", ordered, message)
    if levels > 1:
        message = re.sub(r"(Supported parameters include: ).*", r"\1…", message)
    return message


def own_names(options: dict, params):
    """Arguments without the aliases of options that have suboptions.

    In Ansible alias and option are one object, so that what happens to a suboption shows under the alias too. Ours shows
    an alias as it was given.
    """
    if not isinstance(params, dict):
        return params
    params = dict(params)
    for name, option in options.items():
        if "options" in option:
            for alias in option.get("aliases", []):
                params.pop(alias, None)
            value = params.get(name)
            if isinstance(value, dict):
                params[name] = own_names(option["options"], value)
            elif isinstance(value, list):
                params[name] = [own_names(option["options"], item) for item in value]
    return params


def differences(case: dict, theirs: dict, ours: dict) -> list[str]:
    """What is not the same."""
    if "crash" in theirs:
        return []
    if not theirs["fits"]:
        return [] if ours["errors"] else ["a value that JSON has no room for was accepted"]
    found = []

    def hold(what: str, left, right) -> None:
        if exact(left) != exact(right):
            found.append(f"{what}\n    theirs {exact(left)}\n    ours   {exact(right)}")

    levels = theirs["levels"]
    hold("errors", [settled(text, levels) for text in theirs["errors"]], [settled(text, levels) for text in ours["errors"]])
    options = case["spec"]["options"]
    hold("module_args", *(own_names(options, side["module_args"]) for side in (theirs, ours)))
    for side in (theirs, ours):
        result = side["result"]
        result["invocation"]["module_args"] = own_names(options, result["invocation"]["module_args"])
        if theirs["errors"] and "Valid booleans include: " in theirs["errors"][0]:
            # Scrubbed, the list can't be put in order any more.
            result.pop("msg")
        elif "msg" in result:
            result["msg"] = settled(result["msg"], levels)
    if theirs["no_log_broken"]:
        # Ansible forgets the secrets beside a mistake in suboptions and prints them; ours must know at least as many.
        missing = set(theirs["no_log"]) - set(ours["no_log"])
        if missing:
            found.append(f"no_log lacks {missing}")
    else:
        hold("no_log", theirs["no_log"], ours["no_log"])
        hold("result", theirs["result"], ours["result"])
    return found


def main() -> int:
    lines = [open(path, encoding="utf-8").read().rstrip("\n").split("\n") for path in sys.argv[1:4]]
    if len({len(side) for side in lines}) != 1:
        print(f"different numbers of answers: {[len(side) for side in lines]}")
        return 1
    failed = crashed = refused = 0
    for number, (case, theirs, ours) in enumerate(zip(*(map(json.loads, side) for side in lines)), 1):
        crashed += "crash" in theirs
        refused += bool(theirs.get("errors"))
        found = differences(case, theirs, ours)
        if found:
            failed += 1
            if failed <= 10:
                print(f"case {number}: {exact({'spec': case['spec'], 'params': case['params']})}")
                print("".join(f"  {text}\n" for text in found), end="")
    total = len(lines[0])
    print(f"{total} cases: {refused} refused, {total - refused - crashed} accepted, {crashed} crash Ansible itself; {failed} differ")
    return 1 if failed or crashed * 10 > total else 0


if __name__ == "__main__":
    sys.exit(main())
