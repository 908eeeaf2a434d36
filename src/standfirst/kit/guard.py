"""Ends process groups when the process that started this one is gone, however it went. A script; nobody imports it.

`supervise` starts it with a pipe as standard input and tells it the groups, a line each: "+1234" or "-1234". The end of
that pipe is the end of the supervisor, also after a SIGKILL. Then every group that is left is told to end, and after
the grace period (seconds, the only argument) made to. It reaches whatever the children started, knows nothing of them,
and imports only what Python has loaded already or nearly: it costs some 8 MB.
"""

import os
import signal
import sys
import time


def _signal_all(groups: "set[int]", number: int) -> None:
    for group in tuple(groups):
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            groups.discard(group)
        except PermissionError:
            # Only zombies are left there, or the number is another's by now.
            groups.discard(group)


def _watch(grace: float) -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        try:
            group = int(line[1:])
        except ValueError:
            continue
        if group > 1 and line[0] == "+":
            groups.add(group)
        elif line[0] == "-":
            groups.discard(group)
    _signal_all(groups, signal.SIGTERM)
    last = time.monotonic() + grace
    while groups and time.monotonic() < last:
        time.sleep(0.05)
        _signal_all(groups, 0)
    _signal_all(groups, signal.SIGKILL)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _watch(float(sys.argv[1]))
