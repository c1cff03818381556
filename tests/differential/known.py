"""Where ours differs from the peer on purpose: see docs/differences.md for the reasons at length."""

from __future__ import annotations

import re
from collections.abc import Callable


def creates(step: str, theirs: dict) -> bool:
    return not ((theirs.get("diff") or {}).get("before") or {}).get("exists", True)


def foretells(step: str, theirs: dict) -> bool:
    return "check mode" in step and bool((theirs.get("diff") or {}).get("after"))


def in_check_mode(step: str, theirs: dict) -> bool:
    return "check mode" in step


# A pattern of the comparison's line, when it is meant, and why.
KNOWN: list[tuple[str, Callable[[str, dict], bool], str]] = [
    (r"^diff\.after\.\w+: only ours", creates, "the diff of a new container shows what it will be made of"),
    (r"^diff\.\w+\.networks: only ours", lambda *_: True, "the networks are one option, and one key"),
    (r"^diff\.\w+\.network\.[\w.-]+: only the peer", lambda *_: True, "the networks are one option, and one key"),
    (r"^diff\.\w+\.network_differences: only the peer", lambda *_: True, "the networks are one option, and one key"),
    (r"^diff\.\w+\.(running|restarted): only", in_check_mode, "check mode tells of starts and restarts what the run tells"),
    (r"^diff\.differences\.\w+: only ours", lambda *_: True, "of a container that is replaced, all that differs is told"),
    (r"^diff\.\w+\.blkio_weight: only the peer", creates, "the kernel here drops it: the peer tries an update at once"),
    (r"^changed: peer False .*, ours True \['update container [^']*'\]$", foretells, "check mode of the peer does not count what it will update in place"),
]


def explains(line: str, step: str, theirs: dict) -> bool:
    """Whether a difference is one that we want."""
    return any(re.search(pattern, line) and applies(step, theirs) for pattern, applies, _ in KNOWN)
