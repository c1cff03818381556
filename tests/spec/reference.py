#!/usr/bin/env python3
"""Runs cases (JSON lines on standard input) through ansible-core: the same answers as `examples/check.rs`, from the original.

Needs a Python that has ansible-core. Both its faces are asked: `ArgumentSpecValidator` for every error, value and secret, and
`AnsibleModule` for what a module prints.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import sys

from ansible.module_utils import basic
from ansible.module_utils.common import warnings as told
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import PASS_VARS, env_fallback, remove_values
from ansible.module_utils.errors import NoLogError, UnsupportedError

RULES = ["mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by"]

# Every module call is logged; these are none.
basic.has_journal = False
basic.HAS_SYSLOG = False


def argument_spec(options: dict) -> dict:
    """Our JSON as Ansible's argument spec: only the fall-backs and the suboptions differ."""
    spec = copy.deepcopy(options)
    for option in spec.values():
        if "fallback" in option:
            option["fallback"] = (env_fallback, option["fallback"])
        if "options" in option:
            option["options"] = argument_spec(option["options"])
    return spec


def fits(value) -> bool:
    """Whether JSON has room for a value: numbers of 64 bits, no infinity, no bytes, no sets."""
    if isinstance(value, (set, bytes, complex)) or value is ...:
        return False
    if isinstance(value, dict):
        return all(fits(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(fits(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**64


def validated(case: dict) -> dict:
    """The case through ArgumentSpecValidator."""
    spec = case["spec"]
    rules = {rule: copy.deepcopy(spec[rule]) for rule in RULES if rule in spec}
    result = ArgumentSpecValidator(argument_spec(spec["options"]), **rules).validate(copy.deepcopy(case["params"]))
    errors = []
    for error in result.errors.errors:
        if not isinstance(error, UnsupportedError):
            errors.append(error.msg)
        elif errors or not case["ignore_unknown"]:
            errors.append(f"Unsupported parameters for ({case['name']}) module: {error.msg}")
    return {
        "errors": errors,
        "module_args": result.validated_parameters,
        "no_log": sorted({str(value) for value in result._no_log_values}),
        # What follows is about the comparison itself.
        "fits": fits(result.validated_parameters),
        "levels": len({item[:-1] if isinstance(item, tuple) else () for item in result.unsupported_parameters}),
        "no_log_broken": any(isinstance(error, NoLogError) for error in result.errors.errors),
    }


def printed(case: dict, no_log: set) -> dict:
    """What a module prints that answers with `echo`."""
    internal = {"module_name": case["name"], "ignore_unknown_opts": case["ignore_unknown"], "no_log": case.get("no_log", False)}
    internal.update(inject_invocation=True, check_mode=False, diff=False, version="2.21.0", tmpdir="/tmp", remote_tmp="/tmp")
    # Each version of Ansible refuses what it does not know, its own successor's keys too.
    internal = {f"_ansible_{key}": value for key, value in internal.items() if key in PASS_VARS}
    args = {**copy.deepcopy(case["params"]), **internal}
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    told._global_warnings.clear()
    told._global_deprecations.clear()
    spec = case["spec"]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        rules = {rule: copy.deepcopy(spec[rule]) for rule in RULES if rule in spec}
        module = basic.AnsibleModule(argument_spec(spec["options"]), supports_check_mode=True, **rules)
        module.exit_json(changed=False, echo=case.get("echo"))
    result = json.loads(out.getvalue())
    # Cores from 2.19 print these as objects of their own, which the controller then makes plain.
    for key, messages in [("warnings", told.get_warning_messages()), ("deprecations", told.get_deprecation_messages())]:
        if result.pop(key, None):
            result[key] = remove_values(list(messages), no_log)
    return result


def main() -> None:
    for line in sys.stdin:
        case = json.loads(line)
        try:
            answer = validated(case)
            answer = {**answer, "result": printed(case, answer["no_log"])} if answer["fits"] else {"fits": False}
        except Exception as error:  # Ansible's own crash: a traceback instead of a message
            answer = {"crash": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
