"""`python -m standfirst.conf.worker`: the worker process, the newsroom's clock and printer."""

from __future__ import annotations

import logging
import signal

from standfirst.conf import crew, setup


def main() -> None:
    setup.boot()
    from django.conf import settings

    from standfirst.press import wiring
    from standfirst.press.crew import Crew
    from standfirst.press.lookout import Lookout
    from standfirst.press.worker import Worker

    logging.getLogger("standfirst").setLevel(settings.STANDFIRST.log_level)
    cores = crew.number()
    worker = Worker(
        wiring.engine(),
        home=settings.HOME,
        options=settings.STANDFIRST,
        hire=(lambda: Crew(cores, crew.start)) if cores > 1 else None,
    )
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    Lookout(settings.STANDFIRST, closed=worker.closed).start()
    worker.run()


if __name__ == "__main__":
    main()
