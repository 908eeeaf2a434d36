"""What the transports that ask web servers share: what the status of an answer means, and names for what came."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from standfirst.kit import clock
from standfirst.kit.outgoing import Forbidden, Response, TooLarge, Unfetched, shown
from standfirst.wire.transports._shared import Job, Trouble

LONGEST_RETRY: Final = 6 * 3600.0
"""Seconds: nobody is kept waiting longer than that by a Retry-After."""

_HEADER: Final = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}):[ \t]*(.{0,4000})\Z")


def ask(
    job: Job,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    secret_query: Mapping[str, str] | None = None,
    method: str = "GET",
    body: bytes = b"",
    limit_bytes: int | None = None,
    also: frozenset[int] = frozenset(),
) -> Response:
    """Ask, and return what is good: 200 to 206, 304, and the statuses in `also`. Everything else is a `Trouble`."""
    job.say(f"Asking {shown(url)}")
    try:
        response = job.outgoing.fetch(
            url,
            headers=headers,
            secret_query=secret_query,
            method=method,
            body=body,
            limit_bytes=limit_bytes or job.limits.bytes,
            limit_seconds=job.limits.seconds,
        )
    except (Forbidden, TooLarge) as error:
        # A person must change something; it is tried again all the same, for a name may point elsewhere tomorrow.
        raise Trouble(str(error), retry_after=600.0) from None
    except Unfetched as error:
        raise Trouble(str(error)) from None
    if response.status in also or 200 <= response.status <= 206 or response.status == 304:
        return response
    raise refused(response)


def refused(response: Response) -> Trouble:
    """What a status that is not good means, and what to do."""
    where, status = shown(response.url), response.status
    if status == 410:
        return Trouble(f"{where} is gone for good (410): ask the agency for the new address, and enter it.", final=True)
    if status == 401:
        return Trouble(f"{where} does not accept our credentials (401): enter them again, or ask the agency.")
    if status == 403:
        return Trouble(f"{where} does not let us in (403): ask the agency whether the contract covers it.")
    if status == 404:
        return Trouble(f"There is nothing at {where} (404): check the address.")
    if status in (429, 503):
        after = retry_after(response)
        says = "wants fewer requests (429): look less often" if status == 429 else "is not available now (503)"
        return Trouble(f"{where} {says}. It is asked again as it says.", retry_after=after)
    if status >= 500:
        return Trouble(f"{where} has a fault of its own ({status}): it is tried again.")
    return Trouble(f"{where} answers with status {status}: check the address and the settings.")


def retry_after(response: Response) -> float | None:
    """Seconds that the server asks us to wait: a number, or a date. None if it says nothing that can be read."""
    said = response.header("retry-after").strip()
    if said.isdigit():
        return min(float(said[:9]), LONGEST_RETRY)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - clock.now()).total_seconds()), LONGEST_RETRY)


def server_time(response: Response) -> datetime:
    """When it answered, by its own clock; ours if it does not say."""
    try:
        at = parsedate_to_datetime(response.header("date"))
    except (ValueError, TypeError):
        return clock.now()
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def basic(user: str, password: str) -> str:
    """The value of an Authorization header, RFC 7617 in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def header_lines(text: str) -> dict[str, str]:
    """Headers written one a line, "Name: value". Raises ValueError for a line that is none."""
    found: dict[str, str] = {}
    for row in text.splitlines():
        if not row.strip():
            continue
        match = _HEADER.match(row.strip())
        if match is None:
            raise ValueError("write each header as “Name: value”")
        found[match.group(1).lower()] = match.group(2)
    return found


def wrong_address(url: str) -> str:
    """What is wrong with a web address; empty if nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no web address: write it as https://host/path."
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "This is no web address: write it as https://host/path."
    if parts.username is not None or parts.password is not None:
        return "Take the user name and password out of the address: there are fields for them."
    return ""


_ENDINGS: Final = {"json": ".json", "rss": ".rss", "atom": ".atom", "xml": ".xml", "html": ".html", "plain": ".txt"}


def name_for(url: str, response: Response) -> str:
    """A file name for what an address gave: its last step, with an ending by its type if it has none."""
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or "answer"
    if "." in last[-8:]:
        return last
    mime = response.header("content-type").partition(";")[0].lower()
    return last + next((ending for word, ending in _ENDINGS.items() if word in mime), "")


def envelope(url: str, response: Response) -> dict[str, str]:
    """What the delivery should remember of the answer."""
    kept = {"url": shown(url)}
    for header in ("content-type", "etag", "last-modified", "date"):
        if value := response.header(header):
            kept[header] = value[:500]
    return kept


def decoded(response: Response) -> Any:
    """The answer's JSON. Raises `Trouble` if it is none."""
    try:
        return msgspec.json.decode(response.body)
    except msgspec.MsgspecError:
        raise Trouble(
            f"{shown(response.url)} did not answer in JSON: check the address, or what stands before it."
        ) from None


def at_pointer(value: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) leads to in `value`; None if it leads nowhere."""
    for word in pointer.strip().strip("/").split("/") if pointer.strip("/ ") else ():
        key = word.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


_LINK: Final = re.compile(r"<([^<>]{1,2000})>([^<]{0,500})")


def next_link(response: Response) -> str:
    """The address with rel="next" in the Link header (RFC 8288), empty if there is none."""
    for match in _LINK.finditer(response.header("link")[:10_000]):
        if re.search(r'\brel\s*=\s*"?next\b', match.group(2)):
            return match.group(1)
    return ""


def strings(value: Any) -> Iterator[str]:
    """Every string in plain JSON, however deep."""
    stack = [value]
    while stack:
        found = stack.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            stack.extend(found.values())
        elif isinstance(found, list):
            stack.extend(found)
