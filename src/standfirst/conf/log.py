"""What the log says in our words instead of the framework's."""

from __future__ import annotations

import logging
import re

_HOST = re.compile(r"Invalid HTTP_HOST header: (.+?)\. (?:You may|The domain)")


class Stranger(logging.Filter):
    """A request for a host that is none of ours, in one line: machines that try addresses send them all day."""

    def filter(self, record: logging.LogRecord) -> bool:
        found = _HOST.match(record.getMessage())
        record.msg = (
            "A request for the host %s was refused with 400: if people use that name, add it to STANDFIRST_HOSTS, or "
            "make STANDFIRST_ORIGIN what they type."
        )
        record.args = (found[1][:100] if found else "of no name",)
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = record.exc_text = record.stack_info = None
        return True
