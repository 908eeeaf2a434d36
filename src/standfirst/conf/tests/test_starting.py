"""What a process has loaded when it has started."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

from tests.running import environ

TELL = """
import sys
from standfirst.conf import setup

def screens():
    print(sum(name.endswith(".wagtail_hooks") for name in sys.modules))

setup.boot()
screens()
import standfirst.conf.wsgi
screens()
"""


def test_only_the_newsroom_process_loads_the_screens_and_it_does_so_before_anybody_asks(tmp_path: Path) -> None:
    told = run([sys.executable, "-c", TELL], env=environ(tmp_path), capture_output=True, text=True, check=True)
    others, newsroom = map(int, told.stdout.split())
    assert others == 0
    assert newsroom > 10
