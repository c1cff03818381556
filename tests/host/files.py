#!/usr/bin/env python3
"""Generated tasks through host_file and through the module of Ansible whose place it takes: the same verdict, the same files.

usage: files.py BINARY COUNT SEED      (by a Python that has ansible-core)

Each case makes the same small tree twice and runs the same arguments on both: in check mode, for real, and again. The same `changed`, the
same words about an edit, the same refusal or none, and then the same tree: kinds, modes, owners, links, contents.
Exit status 1 if anything differs.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

LINES = ["alpha", "beta", "# beta", "gamma = 1", "  gamma = 2", "", "Alpha", "[section]", "key: 'väl'", "a{b}", "end."]
PATTERNS = ["^alpha", "a$", "^#?\\s*beta", "^\\s*gamma\\s*=\\s*(\\d+)$", "^(?P<k>\\w+) = (.*)$", "nothing", "^$", "(?i)ALPHA", "\\bend\\b", "^[[]", "a{b}",
            "^(?!#)b", "v\u00e4l", "[^\\W]+:", "(a)(x)?"]  # fmt: skip
TEMPLATES = ["alpha", "beta", "gamma = 7", "new line", "end.", "key: 'väl'"]
BACKREFS = ["\\1", "<\\1>", "\\g<1> more", "\\g<k>=\\2", "plain"]
MODES: list[t.Any] = ["0644", "0600", "u+x", "a=r", "g-r,o+w", "u=rwX,go=rX", "755", 0o640, "+x", "u=rwx,g=u-w,o=g"]
WHERE = ["EOF", "BOF", *PATTERNS]
MARKERS = [None, "# {mark} ours", "<!-- {mark} -->"]


class Generator:
    """Makes cases from a random number generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def maybe(self, chance: float) -> bool:
        """True with this chance."""
        return self.random.random() < chance

    def text(self) -> str:
        """A small text, sometimes without its last line's end."""
        text = "\n".join(self.random.choices(LINES, k=self.random.randrange(7)))
        if self.maybe(0.2):
            marker = self.random.choice(MARKERS) or "# {mark} ANSIBLE MANAGED BLOCK"
            text += "\n" + marker.replace("{mark}", "BEGIN") + "\nold\n" + marker.replace("{mark}", "END") + "\n" + self.random.choice(LINES)
        if self.maybe(0.05):
            text = text.replace("\n", "\r\n")
        return text + ("\n" if text and self.maybe(0.8) else "")

    def tree(self) -> list[dict[str, t.Any]]:
        """What is there before."""
        kind = self.random.choice(["file"] * 6 + ["nothing", "link", "directory", "dangling", "full"])
        mode = self.random.choice([0o644, 0o600, 0o755, 0o4711])
        match kind:
            case "file":
                return [{"path": "x", "content": self.text(), "mode": mode}]
            case "link":
                return [{"path": "y", "content": self.text(), "mode": mode}, {"path": "x", "to": "y"}]
            case "dangling":
                return [{"path": "x", "to": "nowhere"}]
            case "directory":
                return [{"path": "x", "mode": self.random.choice([0o755, 0o700, 0o2750])}]
            case "full":
                return [{"path": "x", "mode": 0o755}, {"path": "x/in", "content": "1", "mode": 0o640}, {"path": "x/sub", "mode": 0o700},
                        {"path": "x/link", "to": "in"}]  # fmt: skip
        return []

    def attributes(self) -> dict[str, t.Any]:
        """Mode, owner and group, or not."""
        args: dict[str, t.Any] = {}
        if self.maybe(0.4):
            args["mode"] = self.random.choice(MODES)
        if self.maybe(0.15):
            args["owner"] = self.random.choice(["daemon", "1", "root"])
        if self.maybe(0.15):
            args["group"] = self.random.choice(["daemon", "12345", "root"])
        return args

    def case(self) -> tuple[str, list[dict[str, t.Any]], dict[str, t.Any]]:
        """The module of Ansible, the tree, the arguments."""
        module = self.random.choice(["lineinfile"] * 4 + ["blockinfile"] * 2 + ["file"] * 3 + ["copy"] * 2)
        args: dict[str, t.Any] = {"path": "{root}/x", **self.attributes()}
        getattr(self, module)(args)
        tree = self.tree()
        if args.get("state") == "hard" and tree and ("content" not in tree[0] or len(tree) > 1):
            tree = []  # into a folder: ours refuses that; over a link, theirs gives the attributes to what it led to
        if module in ("lineinfile", "blockinfile") and tree and "to" in tree[-1]:
            # Theirs edits the file, but sets the link's attributes.
            args = {name: value for name, value in args.items() if name not in ("mode", "owner", "group")}
        if args.get("state") == "touch" and tree and "to" in tree[0]:
            tree = []  # theirs fails in the middle
        if module == "blockinfile" and (args["state"] == "absent" or not args["block"]):
            # Theirs ends the last line, or adds an empty one, and takes that for a block that it removed.
            args = {name: value for name, value in args.items() if not name.endswith("_newline")}
            tree = [{**node, "content": node["content"].rstrip("\r\n") + "\n"} if "content" in node else node for node in tree]
        return module, tree, args

    def lineinfile(self, args: dict[str, t.Any]) -> None:
        """Options of lineinfile."""
        args["state"] = self.random.choice(["present", "present", "present", "absent"])
        if self.maybe(0.5):
            args["regexp"] = self.random.choice(PATTERNS)
        elif self.maybe(0.2):
            args["search_string"] = self.random.choice(["a", "gamma", "zzz"])
        if args["state"] == "present" or self.maybe(0.3):
            args["line"] = self.random.choice(TEMPLATES)
        if args["state"] == "absent" and not {"line", "regexp", "search_string"} & args.keys():
            args["line"] = self.random.choice(TEMPLATES)
        if args["state"] == "present":
            if "regexp" in args and self.maybe(0.3):
                args["backrefs"] = True
                args["line"] = self.random.choice(BACKREFS)
            if self.maybe(0.4):
                args[self.random.choice(["insertafter", "insertbefore"])] = self.random.choice(WHERE)
            if self.maybe(0.2):
                args["firstmatch"] = True
            if self.maybe(0.4):
                args["create"] = True

    def blockinfile(self, args: dict[str, t.Any]) -> None:
        """Options of blockinfile."""
        args["block"] = self.random.choice(["one", "one\ntwo\n", "", "beta\n"])
        args["state"] = self.random.choice(["present", "present", "absent"])
        if marker := self.random.choice(MARKERS):
            args["marker"] = marker
        if self.maybe(0.4):
            args[self.random.choice(["insertafter", "insertbefore"])] = self.random.choice(WHERE)
        for name in ("create", "prepend_newline", "append_newline"):
            if self.maybe(0.3):
                args[name] = True

    def file(self, args: dict[str, t.Any]) -> None:
        """Options of file."""
        args["state"] = self.random.choice(["absent", "directory", "file", "link", "hard", "touch"])
        if args["state"] in ("link", "hard"):
            args["src"] = "{root}/other" if args["state"] == "hard" else self.random.choice(["other", "{root}/other", "missing"])
            args.pop("mode", None)
        if self.maybe(0.3):
            args["force"] = True
        if args["state"] == "directory" and self.maybe(0.4):
            args["recurse"] = True
        if args["state"] == "directory" and self.maybe(0.3):
            args["path"] = "{root}/a/b/c"
        if args["state"] == "touch" and self.maybe(0.5):
            args["access_time"] = args["modification_time"] = "preserve"

    def copy(self, args: dict[str, t.Any]) -> None:
        """Options of copy."""
        args["content"] = self.text()
        if self.maybe(0.2):
            args["force"] = False


def build(root: Path, tree: list[dict[str, t.Any]]) -> None:
    """Makes the tree."""
    root.mkdir()
    (root / "other").write_text("other\n")
    (root / "other").chmod(0o644)
    for node in tree:
        path = root / node["path"]
        if "to" in node:
            path.symlink_to(node["to"])
            continue
        if "content" in node:
            path.write_bytes(node["content"].encode())
        else:
            path.mkdir()
        path.chmod(node["mode"])


def seen(root: Path) -> dict[str, tuple[t.Any, ...]]:
    """The tree as it is now."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        name = str(path.relative_to(root))
        if stat.S_ISLNK(status.st_mode):
            found[name] = ("link", os.readlink(path).replace(str(root), "{root}"), status.st_uid, status.st_gid)
        else:
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            found[name] = (oct(status.st_mode), status.st_uid, status.st_gid, status.st_nlink if content else 0, content)
    return found


def theirs(module: str, args: dict[str, t.Any], check: bool, root: Path) -> dict[str, t.Any]:
    """Runs a module of Ansible in a child of this process."""
    args = dict(args)
    if module == "copy":  # its controller's half hands over a file
        source = root.parent / "source"
        source.write_bytes(args.pop("content").encode())
        target = root / "x"
        if target.is_dir():
            return {"failed": True, "msg": "can not use content with a dir as dest"}
        fits = target.is_file() and not target.is_symlink() and target.read_bytes() == source.read_bytes()
        if fits or (target.is_file() and not target.is_symlink() and args.get("force") is False):
            # And it calls `file` where the content is right.
            module = "file"
            args.pop("force", None)
            args["state"] = "file"
            if not fits:
                return {"changed": False}
        else:
            args.update(src=str(source), dest=args.pop("path"), _original_basename="x")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        import importlib

        from ansible.module_utils import basic

        internal = {"_ansible_check_mode": check, "_ansible_diff": False, "_ansible_module_name": module, "_ansible_remote_tmp": str(root.parent),
                    "_ansible_keep_remote_files": False, "_ansible_tmpdir": str(root.parent / "tmp")}  # fmt: skip
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {**args, **internal}}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        try:
            importlib.import_module(f"ansible.modules.{module}").main()
        except SystemExit:
            pass
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return json.loads(said or b'{"failed": true, "msg": "it said nothing"}')


def ours(binary: str, args: dict[str, t.Any], check: bool) -> dict[str, t.Any]:
    """Runs our module."""
    payload = json.dumps({**args, "_ansible_check_mode": check, "_ansible_diff": True}).encode()
    done = subprocess.run([binary, "host_file", "-"], input=payload, capture_output=True, check=False)
    return json.loads(done.stdout)


def words(module: str, result: dict[str, t.Any]) -> t.Any:
    """What an edit says of itself."""
    return result.get("msg", "") if module in ("lineinfile", "blockinfile") and not result.get("failed") else None


def differences(module: str, tree: list[dict[str, t.Any]], args: dict[str, t.Any], binary: str, work: Path) -> list[str]:
    """What is not the same."""
    roots = [work / "theirs", work / "ours"]
    for root in roots:
        shutil.rmtree(root, ignore_errors=True)
        build(root, tree)
    (work / "tmp").mkdir(exist_ok=True)
    found = []
    for run in ("check", "real", "again"):
        before = seen(roots[1])
        of = [json.loads(json.dumps(args).replace("{root}", str(root))) for root in roots]
        left, right = theirs(module, of[0], run == "check", roots[0]), ours(binary, of[1], run == "check")
        if bool(left.get("failed")) != bool(right.get("failed")):
            found.append(f"{run}: failed: {left} / {right}")
            break
        if left.get("failed"):
            break
        if left["changed"] != right["changed"]:
            found.append(f"{run}: changed: {left} / {right}")
        clean = [str(words(module, result)).replace(str(root), "") for result, root in zip((left, right), roots)]
        # In check mode, theirs does not tell that a new file gets attributes.
        if clean[0] != clean[1] and not (run == "check" and clean[1].startswith(f"{clean[0]} and ownership")):
            found.append(f"{run}: msg: {clean[0]!r} / {clean[1]!r}")
        if run == "check" and seen(roots[1]) != before:
            found.append("check mode changed something")
        trees = [seen(root) for root in roots]
        if trees[0] != trees[1]:
            found.append(f"{run}: trees:\n    {trees[0]}\n    {trees[1]}")
            break
    return found


def main() -> int:
    """Runs the cases."""
    binary, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.umask(0o022)
    generator = Generator(seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            module, tree, args = generator.case()
            found = differences(module, tree, args, binary, Path(folder))
            if found:
                wrong += 1
                print(f"case {number}: {module} {json.dumps(args)}\n  on {tree}", *found, sep="\n  ")
    print(f"files: {count} cases, {wrong} differ")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
