# Copyright: the cdgp.docker authors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# (This file imports Ansible, which is GPL. The binaries that it delivers import nothing of Ansible.)
"""Runs `swarm_members`, one task for many hosts, over each host's own connection. See docs/decisions/0017-one-task-for-a-whole-swarm.md.

The way of a task:

1. Each member looks: what its engine knows.
2. The first that could be asked plans with what all have seen. In check mode this is the result.
3. Each step is done by the member that it names. A step that needs a token says whom to ask; the answer is covered by a pad
   of random bytes that is used once, because Ansible shows at `-vvv` what a module prints.
"""

from __future__ import annotations

import secrets
import typing as t

from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import become_loader, connection_loader
from ansible_collections.cdgp.docker.plugins.action.native import BIN
from ansible_collections.cdgp.docker.plugins.action.native import ActionModule as Native
from ansible_collections.cdgp.docker.plugins.action.native import Binary

MODULE = "swarm_members"
# Longer than any token or key.
PAD = 256


class ActionModule(Native):
    """The action plugin of `swarm_members`."""

    # Once for all hosts of the play.
    BYPASS_HOST_LOOP = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Makes the members one swarm."""
        ActionBase.run(self, tmp, task_vars)  # refuses what Ansible refuses
        self._vars = task_vars or {}
        self._binary = Binary.of_module(MODULE, BIN)
        args = dict(self._task.args)
        for ours in ("step", "secret"):
            if ours in args:
                raise AnsibleActionFail(f"`{ours}` is not for playbooks")
        members = names(args.get("managers")) + names(args.get("workers"))
        hostvars = self._vars["hostvars"]
        for name in members:
            if name not in hostvars:
                raise AnsibleActionFail(f"{name} is not in the inventory: `managers` and `workers` are names of hosts")
        args["nodes"] = {**{name: hostvars[name]["swarm_node"] for name in members if "swarm_node" in hostvars[name]}, **(args.get("nodes") or {})}
        self._hosts: dict[str, Native] = {}
        try:
            return self._as_one(args, members)
        finally:
            for host in self._hosts.values():
                if host is not self:
                    host._remove_tmp_path(host._connection._shell.tmpdir)
                    host._connection.close()

    def _as_one(self, args: dict[str, t.Any], members: list[str]) -> dict[str, t.Any]:
        seen: dict[str, t.Any] = {}
        for name in members:
            try:
                looked = self._ask(name, {**args, "step": {"look": {}}})
            except AnsibleConnectionFailure as error:
                seen[name] = {"unreachable": str(error)}
                continue
            if looked.get("failed"):
                return {**looked, "msg": f"{name}: {looked.get('msg')}"}
            seen[name] = looked["seen"]
        reached = [name for name in members if "unreachable" not in seen[name]]
        if members and not reached:
            raise AnsibleConnectionFailure(f"no member can be reached; {members[0]}: {seen[members[0]]['unreachable']}")
        planner = reached[0] if reached else self._vars["inventory_hostname"]
        result = self._ask(planner, {**args, "step": {"plan": seen}})
        steps = result.pop("steps", [])
        if result.get("failed") or self._task.check_mode:
            return result
        ids: dict[str, str] = {}
        moved: dict[str, t.Any] = {}
        for number, step in enumerate(steps):
            done = self._do(args, step, ids)
            if done.get("failed"):
                before = [step["sentence"] for step in steps[:number]]
                return {**done, "msg": f"{step['on']}: {done.get('msg')}", "actions_done": before, "changed": bool(before)}
            answer = done["answer"]
            if "id" in answer:
                ids[step["on"]] = answer["id"]
            if "moved" in answer:
                moved[step["action"]["what"]["update"]["name"]] = answer["moved"]
        return {**result, **({"moved": moved} if moved else {}), **({"nodes": ids} if ids else {})}

    def _do(self, args: dict[str, t.Any], step: dict[str, t.Any], ids: dict[str, str]) -> dict[str, t.Any]:
        """Has a member do a step, with what another member tells for it."""
        deed: dict[str, t.Any] = {"action": step["action"], "ids": ids}
        secret = None
        if step.get("ask"):
            pad = secrets.token_bytes(PAD)
            told = self._ask(step["ask"]["on"], {**args, "step": {"tell": step["ask"]["tell"]}, "secret": pad.hex()})
            if told.get("failed"):
                return told
            deed["remote_addrs"] = told["remote_addrs"]
            covered = bytes.fromhex(told["sealed"])
            secret = bytes(a ^ b for a, b in zip(covered, pad)).rstrip(b"\0").decode()
        return self._ask(step["on"], {**args, "step": {"do": deed}, **({"secret": secret} if secret else {})})

    def _ask(self, name: str, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """Runs the module on a member."""
        if name not in self._hosts:
            self._hosts[name] = self._host(name)
        try:
            result = self._hosts[name]._call(self._binary, MODULE, args)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            raise AnsibleActionFail(f"{name}: {error}") from error
        # It holds the step.
        result.pop("invocation", None)
        return result

    def _host(self, name: str) -> Native:
        """This plugin with another host's connection, made as Ansible makes one for `delegate_to`."""
        variables = self._vars["hostvars"][name]
        kind = variables.get("ansible_connection") or self._task.connection or C.config.get_config_value("DEFAULT_TRANSPORT")
        if kind in (None, "smart"):
            kind = "ssh"
        context = self._play_context.copy()
        context.remote_addr = variables.get("ansible_host", name)
        connection = connection_loader.get(kind, context)
        if connection is None:
            raise AnsibleActionFail(f"{name}: there is no connection plugin {kind}")
        keys = self._task.dump_attrs()
        for own in ("retries", "timeout"):  # the task's, not the connection's
            keys.pop(own, None)
        connection.set_options(task_keys=keys, var_options=chosen(variables, "connection", connection._load_name))
        connection._shell.set_options(task_keys=keys, var_options=chosen(variables, "shell", connection._shell._load_name))
        wanted = variables.get("ansible_become")
        if truth(self._task.become if wanted is None else wanted):
            method = variables.get("ansible_become_method") or self._task.become_method or "sudo"
            become = become_loader.get(method)
            if become is None:
                raise AnsibleActionFail(f"{name}: there is no become plugin {method}")
            become.set_options(task_keys=keys, var_options=chosen(variables, "become", become._load_name))
            connection.set_become_plugin(become)
        host = Native(
            task=self._task,
            connection=connection,
            play_context=context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        host._vars = {**self._vars, "cdgp_docker_cache": variables.get("cdgp_docker_cache")}
        return host


def names(given: t.Any) -> list[str]:
    """A list of hosts, as a list or as text with commas."""
    given = given or []
    return [name.strip() for name in given.split(",") if name.strip()] if isinstance(given, str) else list(given)


def chosen(variables: t.Any, kind: str, plugin: str) -> dict[str, t.Any]:
    """The host's variables that a plugin reads."""
    options = {name: variables[name] for name in C.config.get_plugin_vars(kind, plugin) if name in variables}
    options["_extras"] = {name: variables[name] for name in variables if plugin_extra(name, plugin)}
    return options


def plugin_extra(name: str, plugin: str) -> bool:
    """Whether a variable is one of those that some plugins take whatever their names."""
    return name.startswith(f"ansible_{plugin.rpartition('.')[2]}_")


def truth(value: t.Any) -> bool:
    """As Ansible reads a switch."""
    return str(value).lower() in ("true", "yes", "on", "1", "y", "t")
