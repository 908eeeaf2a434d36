"""`python -m standfirst.conf.worker`: the worker process, the newsroom's clock and printer."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from standfirst.conf import crew, setup
from standfirst.kit.errors import Problem

if TYPE_CHECKING:
    from standfirst.press.engine.engine import Engine

log = logging.getLogger(__name__)


def when_it_can(make: Callable[[], Engine], home: Path, *, pause: float = 1.0) -> Engine:
    """What `make` makes, as soon as the output folder can be used: until then the desk is told why not."""
    from standfirst.press.worker import tell

    told = ""
    while True:
        try:
            return make()
        except Problem as problem:
            if told != str(problem):
                told = str(problem)
                log.error("%s", told)
            tell(home, doing="waiting for the output folder", trouble=told)
            time.sleep(pause)


def main() -> None:
    setup.boot()
    from django.conf import settings

    from standfirst.conf.theme import Watch
    from standfirst.pages import theming
    from standfirst.press import wiring
    from standfirst.press.crew import Crew
    from standfirst.press.lookout import Lookout
    from standfirst.press.worker import Worker
    from standfirst.stories.alerts import Postman

    logging.getLogger("standfirst").setLevel(settings.STANDFIRST.log_level)
    cores = crew.number()
    theme = Watch(settings.HOME)
    theming.use(theme.theme)
    worker = Worker(
        when_it_can(wiring.engine, settings.HOME),
        home=settings.HOME,
        options=settings.STANDFIRST,
        hire=(lambda: Crew(cores, crew.starter())) if cores > 1 else None,
        outdated=theme.renewed,
    )
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    Lookout(settings.STANDFIRST, closed=worker.closed).start()
    postman = Postman()
    postman.start()
    setup.settle()
    worker.run()
    postman.stop()


if __name__ == "__main__":
    main()
