"""`python -m standfirst.demo.feed`: two invented agencies that go on delivering while the demonstration runs."""

from __future__ import annotations

import logging
import os
import signal
import threading

log = logging.getLogger(__name__)

STEP = "demonstration-step"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "standfirst.conf.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.db import DatabaseError, connections

    from standfirst.demo import deliveries
    from standfirst.kit import clock
    from standfirst.kit.files import write_atomically
    from standfirst.wire import actions as wire
    from standfirst.wire.models import Feed

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    place = settings.HOME / "run" / STEP
    step = int(place.read_text()) if place.exists() else 0
    while not stopped.is_set():
        # A step is a moment in the agencies' day: what they send next, and how long they take over it.
        for delivery in deliveries.script(clock.now(), step):
            if stopped.wait(delivery.after_seconds):
                return
            try:
                feed = Feed.objects.get(name=delivery.feed)
                wire.take_in(feed=feed, data=delivery.data, file_name=delivery.file_name, transport="demonstration")
            except DatabaseError as error:
                log.warning("The demonstration's wire waits for the database: %s", error)
                stopped.wait(5)
            finally:
                connections.close_all()
        step += 1
        write_atomically(place, str(step).encode())


if __name__ == "__main__":
    main()
