# Copyright: the cdgp.docker authors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# (This file imports Ansible, which is GPL. The binaries that it delivers import nothing of Ansible.)
"""Runs a module of this collection, which is a static binary, on the target in one trip. See docs/delivery.md.

The way of a task:

1. `run` adds to the task's arguments what the binary must know, and makes one JSON object of them: the payload.
2. `_by_cache` sends one shell script with the payload on its standard input. The script finds the binary in the cache
   of the effective user and runs it. That is all, unless the script answers with a *notice* instead of a result:
   the binary is not there (`miss`) or not whole (`crash`). Then the binary is uploaded and the script sent again.
3. `_by_transfer` is for connections that can't feed standard input: binary and payload travel as files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import shlex
import time
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display

try:  # ansible-core 2.19 and later
    from ansible.module_utils.common.json import Direction, get_module_encoder

    ENCODER: dict[str, t.Any] = {"cls": get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)}
    AS_TEXT: dict[str, bool] = {}
except ImportError:
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    ENCODER = {"cls": AnsibleJSONEncoder, "vault_to_text": True}
    AS_TEXT = {"convert_data": False}  # else a template that looks like JSON would come back as data

display = Display()
COLLECTION = "cdgp.docker"
BIN = Path(__file__).absolute().parents[2] / "bin"
NOTICE = re.compile(r"^cdgp\.docker\.native (begin|miss|crash|arch|noplace|full|garbled|stored)(?: (.*?))?\r?$", re.MULTILINE)
# How many seconds after a change must have been taken back a new connection is still tried.
PATIENCE = 30
# The options of iptables_state that a task may have.
STATE_OPTIONS = frozenset(("path", "state", "table", "noflush", "counters", "modprobe", "ip_version", "wait", "rollback"))
# How often the script is sent for one task: a miss, a damaged upload, and one more that must do.
ATTEMPTS = 3

# The scripts are written for any POSIX shell (dash, bash, BusyBox), use no single quotes (become wraps them in
# those, thrice) and go over in one line. They begin with a notice, so that silence means: no shell ran them.
# Whatever happens they read standard input to its end: an ssh client that can't deliver it reports the host as
# unreachable.
PRELUDE = """
b=cdgp.docker.native; echo "$b begin";
stop() { cat >/dev/null; echo; echo "$b $*"; exit 0; };
"""

# A hit starts no process but the binary, where the kernel tells its architecture in a file (since Linux 6.1). The file
# must be the effective user's own, as must its directory and the parent of that, and look like a program, since a shell
# would run anything else as a script. The binary is a child, not exec'ed: a signal that ends it must not end the ssh session,
# which would read as "unreachable". It exits with 0 or 1; anything else is no result, and then its file is checked.
RUN = """
{{ read -r m </proc/sys/kernel/arch; }} 2>/dev/null && m="Linux $m" || m=$(uname -sm);
case $m in {cases} *) stop arch "$m";; esac;
f={binary}-$s;
here() {{ [ ! -L "$d" ] && [ -O "$d" ] && [ ! -L "$d/$f" ] && [ -f "$d/$f" ] && [ -O "$d/$f" ] && [ -s "$d/$f" ] && [ -x "$d/$f" ] &&
{{ IFS= read -r h <"$d/$f"; case $h in ?ELF*) ;; *) false;; esac; }} 2>/dev/null; }};
{places} || stop miss "$a";
"$d/$f" {module} -; r=$?;
case $r in 0|1) exit $r;; 126|127) stop miss "$a";; esac;
k=$(sha256sum <"$d/$f" 2>/dev/null) || k=$(wc -c <"$d/$f");
case $k in $s*) w=whole;; $z) w=unknown;; *) w=damaged;; esac;
rm -f "$d/$f"; stop crash "$a" "$r" "$w"
"""

# An upload goes to a name of its own and is renamed when it is whole, so that parallel tasks can't see half of it.
# Versions that nobody has uploaded for a month are removed.
UPLOAD = """
umask 077; s={digest}; f={binary}-$s; n=.new-{unique};
here() {{ [ ! -L "$d" ] && mkdir -p "$d" && [ -O "$d" ] && chmod 700 "$d" &&
echo "#!/bin/sh" >"$d/$n" && chmod 700 "$d/$n" && "$d/$n"; o=$?; rm -f "$d/$n"; return $o; }};
{{ {places}; }} 2>/dev/null || stop noplace;
cat >"$d/$n" || {{ rm -f "$d/$n"; stop full "$d"; }};
k=$(sha256sum <"$d/$n" 2>/dev/null) || {{ k=$(wc -c <"$d/$n"); [ "$k" -eq {size} ] && k=$s; }};
case $k in $s*) ;; *) rm -f "$d/$n"; stop garbled "$d";; esac;
[ ! -d "$d/$f" ] || rm -rf "$d/$f";
chmod 700 "$d/$n" && mv -f "$d/$n" "$d/$f" || {{ rm -f "$d/$n"; stop full "$d"; }};
find "$d" -type f -mtime +30 -exec rm -f "{{}}" + 2>/dev/null;
stop stored "$d"
"""

# Where the cache may be: sets $d and calls `here` on it. The first place is the user's cache directory if there is a
# home and it is really the effective user's (sudo without -H keeps the caller's), the second is for users without.
PLACES = """
c=${{XDG_CACHE_HOME:-${{HOME:-}}/.cache}}; d=$c/cdgp.docker;
{{ [ -d "${{c%/*}}" ] && {make} [ -O "$c" ] && here; }} || {{ d=/var/tmp/cdgp.docker-$(id -u); here; }}
"""


class Binary(t.NamedTuple):
    """A binary of the collection: its name, and its file and checksum for each architecture that it is built for."""

    name: str
    files: dict[str, Path]
    digests: dict[str, str]

    @classmethod
    def of_module(cls, module: str, root: Path) -> Binary:
        """Finds the binary that holds `module`; `root` is the collection's `bin`."""
        try:
            modules = json.loads((root / "modules.json").read_text(encoding="utf-8"))
        except OSError as error:
            raise AnsibleActionFail(
                f"{COLLECTION} has no binaries: {error}. Install a released collection, or make one with `cargo xtask collection`"
            ) from error
        name = modules.get(module)
        if name is None:
            raise AnsibleActionFail(f"no binary of {COLLECTION} has the module {module}: {root / 'modules.json'} does not list it")
        files = {path.parent.name: path for path in sorted(root.glob(f"*/{name}"))}
        if not files:
            raise AnsibleActionFail(
                f"{COLLECTION} has no binary `{name}` in {root}. Install a released collection, or make one with `cargo xtask collection`"
            )
        digests = {arch: Path(f"{path}.sha256").read_text(encoding="ascii").split()[0] for arch, path in files.items()}
        return cls(name, files, digests)

    def checksums(self) -> dict[str, int]:
        """What the binary holds itself against before it does anything; see docs/decisions/0004-integrity-of-a-cached-binary.md."""
        return {arch: int(Path(f"{path}.crc32").read_text(encoding="ascii")) for arch, path in self.files.items()}


class Reply(t.NamedTuple):
    """What came back from a script: its notices in order, and the rest of what was said."""

    notices: list[tuple[str, list[str]]]
    stdout: str
    stderr: str
    rc: int

    def last(self) -> tuple[str, list[str]]:
        """The last notice as its word and the words after it; an empty word if no shell ran the script."""
        return self.notices[-1] if self.notices else ("", [])

    def result(self) -> dict[str, t.Any] | None:
        """The module's JSON object: the last line that is one. What login scripts print does not matter."""
        for line in reversed(self.stdout.split("\n")):
            if line.lstrip().startswith("{"):
                try:
                    found = json.loads(line)
                except ValueError:
                    continue
                if isinstance(found, dict):
                    return found
        return None


def one_line(script: str) -> str:
    """A script without its line breaks, which a csh as login shell would not take within quotes."""
    return " ".join(line.strip() for line in script.strip().split("\n"))


def places(cache: str | None, make: str = "") -> str:
    """The shell commands that find the cache; `cache` is the user's own choice of a directory."""
    return f"{{ d={shlex.quote(cache)}; here; }}" if cache else PLACES.format(make=make)


def run_script(binary: Binary, module: str, cache: str | None) -> str:
    """The script of a task."""
    sizes = {arch: path.stat().st_size for arch, path in binary.files.items()}
    cases = " ".join(f'"Linux {arch}") a={arch} s={digest} z={sizes[arch]};;' for arch, digest in binary.digests.items())
    found = RUN.format(cases=cases, binary=binary.name, module=module, places=places(cache))
    return one_line(PRELUDE.strip() + found)


def upload_script(binary: Binary, arch: str, size: int, cache: str | None) -> str:
    """The script that takes a binary from standard input into the cache."""
    return one_line(
        PRELUDE.strip()
        + UPLOAD.format(
            digest=binary.digests[arch],
            binary=binary.name,
            size=size,
            unique=secrets.token_hex(8),
            places=places(cache, 'mkdir -p "$c" &&'),
        )
    )


class ActionModule(ActionBase):
    """The action plugin of every module of the collection."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Runs the task's module and returns its result."""
        self._supports_async = True
        module = self._task.action.rpartition(".")[2]
        if module == "iptables_state":  # options that it lacks are refused by name, as community.general does
            self._VALID_ARGS = STATE_OPTIONS
        super().run(tmp, task_vars)  # refuses what Ansible refuses
        self._vars: dict[str, t.Any] = task_vars or {}
        binary = Binary.of_module(module, BIN)
        args = self._with_files(dict(self._task.args)) if module == "host_file" else dict(self._task.args)
        if module == "iptables_state" and args.get("state") == "restored":
            return self._restore_state(binary, args)
        # Set aside by `_wait_for`, should `until` run this task again.
        limit, poll = getattr(self._task, "_native_async", (self._task.async_val, self._task.poll))
        if not limit:
            return self._confirmed(binary, module, self._call_that_may_cut(binary, module, args))
        started = self._call(binary, module, {**args, "_native_async": {"jid": f"j{secrets.randbelow(10**12)}", "limit": limit}})
        if "ansible_job_id" not in started:  # refused before it began
            return started
        if poll > 0:
            return self._confirmed(binary, module, self._wait_for(binary, started["ansible_job_id"], limit, poll))
        return {**started, "changed": True}

    def _with_files(self, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """The arguments of host_file with what is in the controller's files that they name, a template rendered."""
        template, source = args.get("template"), args.get("src")
        if template is not None:
            path = self._find_needle("templates", template)
            lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
            args["content"] = lookup.run([path], variables=self._vars, **AS_TEXT)[0]
            del args["template"]
        elif source is not None and not boolean(args.get("remote_src", False)) and args.get("state") not in ("link", "hard"):
            path = self._loader.get_real_file(self._find_needle("files", source))  # a vault's content, opened
            if Path(path).is_dir():
                raise AnsibleActionFail(f"`src`: {path} is a folder; {COLLECTION}.host_file copies single files")
            args["content_base64"] = base64.b64encode(Path(path).read_bytes()).decode()
            del args["src"]
        return args

    def _restore_state(self, binary: Binary, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """Restores the packet filter's rules; with `rollback` the target takes them back unless a new connection confirms them."""
        if self._task.async_val:  # as community.general asks for a way back
            if self._task.poll > 0:
                raise AnsibleActionFail("iptables_state waits for its result by itself: with `async`, set `poll` to 0, or set `rollback` instead")
            args["rollback"] = self._task.async_val
        asked: dict[str, t.Any] | None = {"args": {"path": args.get("path"), "state": "confirmed"}, "seconds": args.get("rollback")}
        try:
            result = self._call(binary, "iptables_state", args)
            asked = result.pop("_native_confirm", None)
        except AnsibleConnectionFailure:
            if not args.get("rollback"):
                raise
            result = {}  # lost on its way: the target has kept it
        if asked is None or result.get("failed"):
            return result
        # Over a new connection: an old one proves nothing. By then the rules are taken back at the latest.
        end = time.monotonic() + int(asked["seconds"]) + PATIENCE
        while True:
            try:
                self._connection.reset()
                answer = self._call(binary, "iptables_state", asked["args"])
                return {**answer, **{key: result[key] for key in ("invocation", "warnings") if key in result}}
            except (AnsibleConnectionFailure, AnsibleActionFail):
                if time.monotonic() > end:
                    raise
                time.sleep(1)

    def _wait_for(self, binary: Binary, job: str, limit: int, poll: int) -> dict[str, t.Any]:
        """Asks for a job's result until it is there or its time is over."""
        # With async_val, Ansible would now ask by its own async_status, which needs Python on the target.
        self._task._native_async = (limit, poll)
        self._task.async_val = 0
        asked: dict[str, t.Any] = {}
        for _ in range(0, limit, poll):
            time.sleep(poll)
            try:
                asked = self._call(binary, "async_status", {"jid": job})
            except AnsibleConnectionFailure as error:
                # The job goes on without us. A host that stays away fails the task when the time is over.
                asked = {"msg": str(error)}
                self._connection.reset()
                continue
            if asked.get("finished"):
                self._call(binary, "async_status", {"jid": job, "mode": "cleanup"})
                return asked
        msg = f"async task did not complete within the requested time - {limit}s"
        return {"failed": True, "msg": msg, "ansible_job_id": job, "async_result": asked}

    def _call_that_may_cut(self, binary: Binary, module: str, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """Runs a module that may cut the connection, and takes its change back then (`rollback` of `firewall`)."""
        seconds = args.get("rollback") if module == "firewall" else None
        try:
            return self._call(binary, module, args)
        except AnsibleConnectionFailure:
            try:
                seconds = int(seconds or 0)
            except (TypeError, ValueError):
                seconds = 0
            if seconds <= 0:
                raise
            # What it answered is lost, so whether there was a change only its confirmation tells.
            return {"changed": True, "_native_confirm": {"args": {"state": "confirmed"}, "seconds": seconds}}

    def _confirmed(self, binary: Binary, module: str, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """Confirms a change that is taken back otherwise. Over a new connection: an old one proves nothing."""
        asked = result.pop("_native_confirm", None)
        if not asked or result.get("failed"):
            return result
        seconds = asked["seconds"]
        # Taken back at the latest then; ssh may need its own time limit to notice that it is.
        end = time.monotonic() + seconds + PATIENCE
        while True:
            try:
                self._connection.reset()
                answer = self._call(binary, module, asked["args"])
                break
            except (AnsibleConnectionFailure, AnsibleActionFail) as error:
                if time.monotonic() > end:
                    raise
                display.vv(f"no new connection yet to confirm the change: {error}")
                time.sleep(1)
        if answer.get("failed"):
            why = "no new connection confirmed the change in time"
            return {**result, "failed": True, "changed": False, "msg": f"{why}: {answer.get('msg')}", "confirmation": answer}
        return {**result, "rollback": answer.get("rollback")}

    def _call(self, binary: Binary, module: str, args: dict[str, t.Any]) -> dict[str, t.Any]:
        """Runs one module with these arguments on the target."""
        args = dict(args)
        self._update_module_args(f"{COLLECTION}.{module}", args, self._vars)
        environment: dict[str, t.Any] = {}
        self._compute_environment_string(environment)
        # Where jobs are kept, for the task that starts one and for async_status.
        environment.setdefault("ANSIBLE_ASYNC_DIR", self.get_shell_option("async_dir", default="~/.ansible_async"))
        args["_native_environment"] = environment
        args["_native_crc32"] = binary.checksums()
        payload = json.dumps(args, **ENCODER).encode()
        result = self._by_cache(binary, module, payload) if self._feeds_stdin() else None
        if result is None:
            result = self._by_transfer(binary, module, payload)
        return tidy(result)

    def _feeds_stdin(self) -> bool:
        """Whether connection and become can hand standard input to a command."""
        become = self._connection.become
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            raise AnsibleActionFail(f"{COLLECTION} runs on Linux targets only; this connection speaks to Windows")
        if is_mitogen(self._connection):  # it becomes the user by itself
            return True
        return self._connection.has_pipelining and not (
            become and (become.require_tty or become.name == "su" or not getattr(become, "pipelining", True))
        )

    def _by_cache(self, binary: Binary, module: str, payload: bytes) -> dict[str, t.Any] | None:
        """Runs the binary in the target's cache; None if the connection did not let us."""
        cache = self._vars.get("cdgp_docker_cache")
        cache = str(self._templar.template(cache)) if cache else None
        script = run_script(binary, module, cache)
        for _ in range(ATTEMPTS):
            reply = self._send(script, payload)
            if reply is None or not reply.notices:  # sudo with requiretty, a restricted login
                return None
            word, words = reply.last()
            if word == "arch":
                built = ", ".join(sorted(binary.files))
                raise AnsibleActionFail(f"the target is {' '.join(words)}; this {COLLECTION} has binaries for Linux {built}")
            if word == "begin":
                result = reply.result()
                if result is None:
                    raise AnsibleActionFail(f"`{binary.name} {module}` ended with status {reply.rc} and no result: {said(reply)}")
                arch = result.pop("_native_damaged", None)
                if arch is None:
                    return result
            else:
                arch = words[0]
                if word == "crash" and words[2] != "damaged":  # not to be run twice
                    raise AnsibleActionFail(
                        f"`{binary.name} {module}` ended on the target by {signal_name(words[1])} without a result, "
                        f"and its file there is {words[2]}: {said(reply)}"
                    )
            self._upload(binary, arch, cache)
        raise AnsibleActionFail(
            f"`{binary.name}` was uploaded to the target and still can't be run: {said(reply)}. A policy may forbid it (SELinux, "
            "fapolicyd): set the variable `cdgp_docker_cache` to a directory from which programs may be run"
        )

    def _upload(self, binary: Binary, arch: str, cache: str | None) -> None:
        """Puts the binary into the target's cache."""
        content = binary.files[arch].read_bytes()
        if hashlib.sha256(content).hexdigest() != binary.digests[arch]:
            raise AnsibleActionFail(f"{binary.files[arch]} does not match its .sha256: install the collection again")
        reply = self._send(upload_script(binary, arch, len(content), cache), content)
        if reply is None:
            raise AnsibleConnectionFailure(f"uploading `{binary.name}` to the target: the connection ended")
        word, words = reply.last()
        if word == "noplace":
            tried = cache or "~/.cache/cdgp.docker and /var/tmp/cdgp.docker-UID"
            raise AnsibleActionFail(
                f"no place on the target to keep and run `{binary.name}`: {tried} can't be written, belong to someone else or are "
                "mounted noexec. Set the variable `cdgp_docker_cache` to a directory from which programs may be run"
            )
        if word != "stored":
            raise AnsibleActionFail(f"uploading `{binary.name}` to {' '.join(words) or 'the target'}: {said(reply)}")

    def _by_transfer(self, binary: Binary, module: str, payload: bytes) -> dict[str, t.Any]:
        """Runs the binary as Ansible runs an ordinary binary module: both it and its arguments are files."""
        machine = self._low_level_execute_command("uname -m", sudoable=False)["stdout"].strip().split("\n")[-1].strip()
        if machine not in binary.files:
            built = ", ".join(sorted(binary.files))
            raise AnsibleActionFail(f"the target is {machine or 'unknown'}; this {COLLECTION} has binaries for Linux {built}")
        shell = self._connection._shell
        if shell.tmpdir is None:
            self._make_tmp_path()  # 0700; removed by Ansible after the task
        program = self._transfer_file(str(binary.files[machine]), shell.join_path(shell.tmpdir, binary.name))
        args = self._transfer_data(shell.join_path(shell.tmpdir, "args"), payload)
        self._fixup_perms2([shell.tmpdir, program])
        self._fixup_perms2([args], execute=False)  # stays 0600, but for an unprivileged become user
        program, args = shlex.quote(program), shlex.quote(args)
        done = self._low_level_execute_command(f"{program} {module} {args}; r=$?; rm -f {args} 2>/dev/null; exit $r")
        reply = Reply([], done["stdout"], done["stderr"], done["rc"])
        result = reply.result()
        if result is None:
            raise AnsibleActionFail(f"`{binary.name} {module}` ended with status {reply.rc} and no result: {said(reply)}")
        return result

    def _send(self, script: str, data: bytes) -> Reply | None:
        """Runs a script with `data` on its standard input; None if nothing took the data."""
        connection = self._connection
        # The local connection gives sudo a terminal, and our data to nobody, unless pipelining is on.
        local = connection.transport == "local" and not is_mitogen(connection)
        pipelining = connection.get_option("pipelining") if local else True
        try:
            if not pipelining:
                connection.set_option("pipelining", True)
            done = self._low_level_execute_command(script, in_data=data)
        except AnsibleConnectionFailure as error:
            if "Data could not be sent" in str(error):
                return None
            raise
        finally:
            if not pipelining:
                connection.set_option("pipelining", False)
        notices = [(word, (words or "").split(" ")) for word, words in NOTICE.findall(done["stdout"])]
        return Reply(notices, done["stdout"], done["stderr"], done["rc"])


def is_mitogen(connection: t.Any) -> bool:
    """Whether this is Mitogen's stand-in for a connection. It takes standard input without saying so (`has_pipelining`)."""
    return hasattr(connection, "get_chain")


def tidy(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """A module's result as Ansible would hand it on: without internal keys, output also as lines."""
    result = {key: value for key, value in result.items() if not key.startswith("_ansible_")}
    for stream in ("stdout", "stderr"):
        if stream in result and f"{stream}_lines" not in result:
            result[f"{stream}_lines"] = (result[stream] or "").splitlines()
    result["_ansible_parsed"] = True
    return result


def said(reply: Reply) -> str:
    """What a script printed beside notices, shortened, for a message."""
    text = NOTICE.sub("", f"{reply.stderr}\n{reply.stdout}").strip()
    return text[-1000:] or "it said nothing"


def signal_name(status: str) -> str:
    """A shell's exit status above 128 as the signal that it stands for."""
    import signal

    try:
        return signal.Signals(int(status) - 128).name
    except ValueError:
        return f"status {status}"
