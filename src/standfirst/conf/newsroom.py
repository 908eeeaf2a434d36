"""`python -m standfirst.conf.newsroom`: the newsroom process, Django behind granian on the loopback address."""

from __future__ import annotations

import argparse
import os


def main() -> None:
    parser = argparse.ArgumentParser(prog="standfirst newsroom")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "standfirst.conf.settings")
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "standfirst.conf.wsgi:application",
        address="127.0.0.1",
        port=arguments.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        # Counted in connections, quiet ones too: the embedded default would shut the desk out after a hundred.
        backpressure=1024,
        websockets=False,
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
