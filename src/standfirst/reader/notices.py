"""The few pages that the reader process writes itself, for when there is no file that could answer."""

from __future__ import annotations

from html import escape
from typing import Final

from standfirst.reader.rsgi import HTTPProtocol, Scope
from standfirst.reader.shelf import PAGE_POLICY, SAFETY

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
<p><a href="/">Go to the front page</a></p>
</main>
</body>
</html>
"""


def page(title: str, text: str) -> bytes:
    """A plain page in HTML with a heading, one paragraph and a link to the front page."""
    return _PAGE.format(title=escape(title), text=escape(text)).encode()


def answer(
    scope: Scope, proto: HTTPProtocol, status: int, body: bytes, *more: tuple[str, str], caching: str = "no-store"
) -> None:
    """Answer with one of these pages; `more` are further headers."""
    headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", caching),
        ("content-security-policy", PAGE_POLICY),
        *SAFETY,
        *more,
    ]
    if scope.method == "HEAD":
        proto.response_empty(status, [*headers, ("content-length", str(len(body)))])
    else:
        proto.response_bytes(status, headers, body)


NOT_FOUND: Final = page("This page does not exist", "The address may be mistyped, or the page was never published.")
PREPARING: Final = page(
    "This site is being prepared",
    "Its pages are being printed. Please try again in a minute.",
)
NOT_ALLOWED: Final = page("That is not possible here", "Pages can only be read.")
TOO_LONG: Final = page("This address is too long", "Check the link that brought you here.")
BAD_REQUEST: Final = page("This request cannot be understood", "Check the link that brought you here.")
FAULT: Final = page("Something went wrong", "This page could not be read. Please try again in a minute.")
TOO_LARGE: Final = page(
    "This upload is too large",
    "The newsroom takes uploads up to a limit. Make the file smaller, or ask the operator to raise the limit.",
)
LENGTH_REQUIRED: Final = page("The length of this upload is not known", "Send it with a Content-Length header.")
TIMED_OUT: Final = page(
    "The newsroom takes too long", "It is running but has not answered. Please try again in a minute."
)
NEWSROOM_DOWN: Final = page(
    "The newsroom is not available just now",
    "It is being started or restarted. Every published page can still be read. Please try again in a few seconds.",
)
SEARCH_AWAY: Final = page(
    "The search is not available just now",
    "Every published page can still be read. Please try again in a few minutes.",
)
SEARCH_BUSY: Final = page(
    "Too many searches",
    "There have been many searches from here in a short time. Please wait a minute and try again.",
)
