#!/usr/bin/env python3
"""Prints the differential test's cases as JSON lines: generated specs and arguments, then hand-picked nasty ones.

usage: cases.py [COUNT [SEED]]
"""

from __future__ import annotations

import json
import random
import sys

KINDS = ["str", "int", "float", "bool", "list", "dict", "path", "raw", "json", "jsonarg", "bytes", "bits"]
NAMES = ["name", "state", "count", "flag", "items", "config", "path", "db_password", "size", "level", "mode", "pass"]

STRINGS = [
    "", " ", "a", "b", "present", "absent", "a,b", "a, b ,", "yes", "No", " true ", "TRUE", "off", "t", "2", "10", " 10 ",
    "1_0", "1__0", "_1", "1e3", "1E-2", "5.0", "1.5", ".5", "5.", "0x10", "-0", "+5", "--5", "1e30", "00012", "9223372036854775807",
    "18446744073709551615", "é", "日本 x", "it's", 'say "x"', "it's \"both\"", "tab\there", "line\nbreak", "back\\slash", "\u00a0x\u2028",
    "\u200b", "\U0001f600", "k=v", "k=v, k2=v2", "k='a b' j=\"c,d\"", "k=a\\ b", "k=v x", "=x", "k=", "k==v", " k=v ", "a=1 a=2",
    '{"a": 1}', '{"a": {"b": [1, null, "x"]}, "c": 1.50}', "{'a': True, 'b': None}", "{'a': (1), 'b': [1.5e3, -2], 'c': 0x1F}",
    "{'a': 'x' \"y\", 'n': {'m': '\\u00e9\\n'}}", "{'a'}", "{", "{bad}",
    "{'a': 1,}", "{'a': 1, # why\n 'b': 2}", "{'a': b'x'}", "{'a': 1} x", "{'a': __import__('os')}", "{'a': r'\\d', 'b': '''x\ny'''}",
    "{'a': 007}", "{'a': 1_000}", "{'a': --1}", "{'a': (1)}", "{'a': -1.5}", "{'a': +2}", "{}", "[]", "[1, 2]", "null",
    "~", "~/x", "~root", "~root/y", "~nobody-such/z", "$SPEC_SET/x", "${SPEC_SET}y$SPEC_UNSET", "${SPEC_SET", "a$b$$c${}", "/x/~/y",
    "1k", "1Kb", "10 MB", "5 kilobyte", "1.5G", "2gigabit", "3b", "3B", "4bb", "1 x", "k", "7 ", "2.5", "3.5", "1T2", "1.K", ".5k",
    "None", "True", "False", "truthy", "<class 'str'>", "********", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "%s {0}",
]
SCALARS = [
    0, 1, -1, 2, 10, 4711, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -(2**63), 0.0, -0.0, 1.0, 1.5, 2.5, -3.0, 0.1, 1e16, 1e15, 1e-5,
    0.0001, 123456789.125, 1e100, 5e-324, True, False, None,
]
NESTED = [
    [], ["a"], ["a", "b"], ["present", "x"], [1], [0], [True], [None], [1.0, "1", True], [["n"], {"k": "v"}], ["a=1", {"b": 2}], [5, "x"],
    {}, {"a": 1}, {"a": {"b": [1, None, "it's"]}}, {"1": 2.0, "é": False}, {"a": "b", "c": ["d", 4711]},
]
PLAUSIBLE = {
    "str": ["a", "b", "present", "secret-text", "x y"],
    "int": [1, 2, 10, "10", 4711],
    "float": [1.5, "2.5", 3, 0.1],
    "bool": [True, False, "yes", "no", "on", 1, 0],
    "list": [["a", "b"], "a,b", [], ["present"], [1, 2], 5],
    "dict": [{"a": 1}, '{"a": 1}', "a=1", {}],
    "path": ["/etc/x", "~/x", "$SPEC_SET/x"],
    "raw": ["a", 1, None, {"a": 1}],
    "json": [{"a": 1}, ' {"a": 1} ', [1, "é", None]],
    "jsonarg": [{"a": 1.0}, '["x"]', [True]],
    "bytes": ["1k", "1MB", 12, "1.5G"],
    "bits": ["1k", "1Mb", 12],
}
CHOICES = [
    ["present", "absent"], ["a", "b", "x y"], ["yes", "no", "auto"], ["on", "off"], ["y", "n"], [1, 2, 10], [True, False], ["true", 1, "yes"],
    [0, "no"], [1.5, 3.0, "10"], ["10", 10], ["", "a"], [None, "a"],
]


class Generator:
    """Makes cases of one random source, so that a seed names them all."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def anything(self):
        return self.random.choice(self.random.choice([STRINGS, STRINGS, SCALARS, NESTED]))

    def value(self, kind: str):
        return self.random.choice(PLAUSIBLE[kind]) if self.chance(0.6) else self.anything()

    def some(self, names: list[str], most: int = 3) -> list[str]:
        return self.random.sample(names, min(len(names), self.random.randint(2, most)))

    def rules(self, names: list[str], options: dict) -> dict:
        """Rules for one level."""
        rules = {}
        if self.chance(0.15):
            rules["mutually_exclusive"] = [self.some(names) for _ in range(self.random.randint(1, 2))]
        if self.chance(0.15):
            rules["required_together"] = [self.some(names)]
        if self.chance(0.15):
            rules["required_one_of"] = [self.some(names) for _ in range(self.random.randint(1, 2))]
        if self.chance(0.25):
            rules["required_if"] = []
            for _ in range(self.random.randint(1, 2)):
                name = self.random.choice(names)
                options_of = options[name]
                value = self.random.choice(options_of.get("choices") or PLAUSIBLE[options_of.get("type", "str")])
                rule = [name, value, self.some(names)]
                rules["required_if"].append([*rule, self.chance(0.5)] if self.chance(0.5) else rule)
        if self.chance(0.15):
            needs = self.some(names)
            rules["required_by"] = {self.random.choice(names): needs if self.chance(0.7) else needs[0]}
        return rules

    def option(self, name: str, depth: int) -> dict:
        """One option."""
        option = {}
        kind = self.random.choice(KINDS)
        if depth < 3 and self.chance(0.25):
            kind = self.random.choice(["dict", "list"])
        if kind != "str" or self.chance(0.5):
            option["type"] = kind
        if kind == "list" and self.chance(0.7):
            option["elements"] = "dict" if self.chance(0.4) else self.random.choice(KINDS)
        if kind == "dict" or option.get("elements") == "dict":
            if depth < 3 and self.chance(0.7):
                below = self.level(depth + 1)
                option.update(below)
                if self.chance(0.3):
                    option["apply_defaults"] = True
        if self.chance(0.2):
            option["choices"] = self.random.choice(CHOICES)
        if self.chance(0.2):
            option["required"] = True
        elif self.chance(0.25):
            option["default"] = self.random.choice(option.get("choices") or PLAUSIBLE[kind])
        if self.chance(0.25):
            option["aliases"] = [f"{name}_alias"] + ([f"{name[:2]}2"] if self.chance(0.3) else [])
            if self.chance(0.4):
                gone = {"version": "9.0.0"} if self.chance(0.5) else {"date": "2030-01-02"}
                option["deprecated_aliases"] = [{"name": option["aliases"][0], "collection_name": "cdgp.docker", **gone}]
        if self.chance(0.3):
            option["no_log"] = self.chance(0.8)
            # Ansible itself breaks down over a secret default that can't be hashed.
            if isinstance(option.get("default"), (list, dict)):
                del option["default"]
        # In Ansible a default dict is one object for all that take it, changes included.
        if "options" in option and isinstance(option.get("default"), dict):
            del option["default"]
        if self.chance(0.15):
            option["fallback"] = self.random.choice([["SPEC_SET"], ["SPEC_UNSET", "SPEC_INT"], ["SPEC_EMPTY"], ["SPEC_UNSET"]])
        if self.chance(0.1):
            option["removed_from_collection"] = "cdgp.docker"
            option.update({"removed_in_version": "9.0.0"} if self.chance(0.5) else {"removed_at_date": "2030-01-02"})
        return option

    def level(self, depth: int = 0) -> dict:
        """Options and the rules between them."""
        names = self.random.sample(NAMES, self.random.randint(2, 6 if depth == 0 else 4))
        options = {name: self.option(name, depth) for name in names}
        return {"options": options, **self.rules(names, options)}

    def given(self, level: dict) -> dict:
        """Arguments for one level."""
        params = {}
        for name, option in level["options"].items():
            for key in [name, *option.get("aliases", [])]:
                if self.chance(0.65 if key == name else 0.2):
                    params[key] = self.argument(option)
        if self.chance(0.06):
            params[self.random.choice(["unknown", "stat", "name_alias"])] = self.anything()
        keys = list(params)
        self.random.shuffle(keys)
        return {key: params[key] for key in keys}

    def argument(self, option: dict):
        kind = option.get("type", "str")
        if option.get("choices") and self.chance(0.6):
            choice = self.random.choice(option["choices"])
            return [choice] if kind == "list" else choice
        if "options" in option and self.chance(0.8):
            if kind == "dict":
                sub = self.given(option)
                return json.dumps(sub) if self.chance(0.1) else sub
            return [self.given(option) for _ in range(self.random.randint(0, 3))]
        if option.get("elements") and self.chance(0.6):
            return [self.value(option["elements"]) for _ in range(self.random.randint(0, 3))]
        return self.value(kind)

    def case(self, spec: dict) -> dict:
        params = self.given(spec)
        return {
            "spec": spec,
            "params": params,
            "name": "cdgp.docker.probe",
            "ignore_unknown": self.chance(0.2),
            "no_log": self.chance(0.2),
            "echo": {"given": params, "texts": [f"<{leaf}|{leaf}>" for leaf in leaves(params)], "numbers": [4711, 147112, 1.5, 10]},
        }


def leaves(value) -> list:
    """Every scalar in a value."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def picked() -> list[dict]:
    """Every value as every type, alone, as element and as required; and what the generator seldom hits."""
    values = [*STRINGS, *SCALARS, *NESTED]
    cases = []
    for kind in KINDS:
        for value in values:
            cases.append(({"options": {"x": {"type": kind, "required": True}}}, {"x": value}))
        cases.append(({"options": {"x": {"type": "list", "elements": kind}}}, {"x": values}))
        cases.append(({"options": {"x": {"type": kind, "no_log": True, "aliases": ["y"]}}}, {"y": "a,b=1"}))
    # A set; tuples and keys that are no strings, which show as such in messages; deep nesting.
    for value in ["{'a': {1, 2}}", "{1: 'one', None: 2, False: 3, 1.5: 4}", "{'a': (), 'b': (1,), 'c': (1, 2,), 'd': ((1), [()])}", "{'a': " + "[" * 40 + "]" * 40 + "}", '{"a": ' * 40 + "1" + "}" * 40]:
        cases.append(({"options": {"x": {"type": "dict"}}}, {"x": value}))
    for choices in CHOICES:
        for value in values:
            cases.append(({"options": {"x": {"type": "raw", "choices": choices}}}, {"x": value}))
    deep = {"options": {"leaf": {"type": "int", "required": True, "aliases": ["l"]}, "token": {"no_log": True, "default": "dflt"}}}
    for name in ["c", "b", "a"]:
        deep = {"options": {name: {"type": "list", "elements": "dict", **deep}}}
    for leaf in [{"leaf": "x"}, {"leaf": 1, "l": 2}, {}, {"leaf": 1, "token": "sesam", "more": 1}, {"leaf": 1, "a": 1, "z": 2}, "leaf=5", 7, None]:
        cases.append((deep, {"a": [{"b": [{"c": [{"leaf": 1}, leaf]}]}]}))
    nested = {"type": "dict", "apply_defaults": True, "options": {"in": {"default": "d"}, "pw": {"no_log": True, "fallback": ["SPEC_SET"]}}}
    for value in [None, {}, {"in": None}, "in=x", "nonsense", [], [{"in": 1}], 5, True]:
        cases.append(({"options": {"x": nested}}, {"x": value}))
    cases.append(({"options": {"x": nested}}, {}))
    for name in ["password", "pass", "db-pass", "passphrase_x", "bypass", "passwords", "my pass wd", "_pass", "pass_", "PASSWRD"]:
        cases.append(({"options": {name: {}, "y": {"aliases": [f"{name}-2"]}}}, {name: "x", f"{name}-2": "y"}))
    for ignore in [True, False]:
        cases.append(({"options": {"x": {}}}, {"y": 1, "z": 2}, ignore))
        cases.append(({"options": {"x": {"type": "int"}}}, {"y": 1, "x": "no"}, ignore))
    return [
        {"spec": spec, "params": params, "name": "cdgp.docker.probe", "ignore_unknown": bool(more and more[0]), "echo": params}
        for spec, params, *more in cases
    ]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    generator = Generator(int(sys.argv[2]) if len(sys.argv) > 2 else 2017)
    cases = picked()
    while count > 0:
        spec = generator.level()
        for _ in range(4):
            cases.append(generator.case(spec))
            count -= 1
    for case in cases:
        print(json.dumps(case))


if __name__ == "__main__":
    main()
