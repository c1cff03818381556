# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback plugin for the tests: prints each task's result as a line of JSON."""

from __future__ import annotations

import json
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: tell
type: stdout
short_description: Prints each task's result as a line of JSON
description: For the tests of delivery.
"""


class CallbackModule(CallbackBase):
    """Tells results to the tests."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "tell"

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._start = time.monotonic()

    def _tell(self, kind, result):
        seconds = time.monotonic() - self._start  # of the task, on its first host
        told = getattr(result, "result", None)  # before ansible-core 2.20: _result
        host, task = getattr(result, "host", None) or result._host, getattr(result, "task", None) or result._task
        line = {"kind": kind, "host": str(host), "task": task.name, "seconds": seconds, "result": result._result if told is None else told}
        self._display.display("TELL " + json.dumps(line, default=str))

    def v2_runner_on_ok(self, result):
        self._tell("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._tell("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._tell("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self._tell("skipped", result)
