"""AFP Core API: OAuth 2 token, then searches with a cursor that slides along `published`.

Documents are listed a little late now and then, so each search overlaps the one before; those that came already (by
`uno`, revision and status) are left out, the others are delivered byte for byte as they were in the answer. Documents
without their text are fetched whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from standfirst.kit import clock
from standfirst.kit.digests import seal
from standfirst.kit.outgoing import Response
from standfirst.wire.transports import _shared, _web
from standfirst.wire.transports._shared import Arrival, Cursor, Job, News, Remember, SecretField, Skipped, Trouble

KIND: Final = "afp"
LINGERS: Final = False


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of AFP."""

    url: Annotated[str, Meta(title="Address", description="AFP's own, unless AFP says otherwise.", max_length=500)] = (
        "https://afp-apicore-prod.afp.com"
    )
    user: Annotated[str, Meta(title="User name", description="If AFP gave you one besides the client.")] = ""
    languages: Annotated[
        tuple[str, ...],
        Meta(title="Languages", description="One a line, e.g. fr. Empty: all."),
    ] = ()
    products: Annotated[
        tuple[str, ...], Meta(title="Products", description="One a line, e.g. news, photo. Empty: all.")
    ] = ()
    query: Annotated[
        str,
        Meta(
            title="Query",
            description="AFP's query as JSON, for more than the above.",
            max_length=4000,
        ),
    ] = ""
    page_size: Annotated[int, Meta(title="Documents a page", ge=1, le=1000)] = 100
    overlap: Annotated[int, Meta(title="Overlap in seconds", ge=0, le=86_400)] = 300
    backlog_hours: Annotated[int, Meta(title="At first, go back hours", ge=0, le=24 * 30)] = 24


SECRETS: Final = (
    SecretField("client_id", "Client id"),
    SecretField("client_secret", "Client secret"),
    SecretField("api_key", "API key", "Instead of client id and secret."),
    SecretField("password", "Password", "Goes with the user name."),
)

_PAGES: Final = 40
_MOST_ROWS: Final = 1000
_KEPT: Final = 5000
_TEXT: Final = ("news", "headline", "title", "caption", "bagItem", "advisory")


class _Doc(msgspec.Struct):
    """What the cursor needs to know of a document."""

    uno: str = ""
    published: str = ""
    revision: msgspec.Raw = msgspec.Raw(b"0")
    status: msgspec.Raw = msgspec.Raw(b"null")


class _Docs(msgspec.Struct):
    docs: list[msgspec.Raw] | None = None


class _Answer(msgspec.Struct):
    response: _Docs


class _Token(msgspec.Struct):
    access_token: str


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if wrong := _web.wrong_address(settings.url):
        yield "url", wrong
    if "api_key" not in secrets and not {"client_id", "client_secret"} <= secrets:
        yield "client_id", "Enter client id and client secret, or the API key."
    if settings.user and "password" not in secrets:
        yield "password", "There is a user name but no password."
    if settings.query:
        try:
            _query(settings)
        except ValueError as error:
            yield "query", str(error)


def fetch(job: Job) -> Iterator[News]:
    settings: Settings = job.settings
    bearer = _bearer(job)
    cursor: Cursor = {"published": str(job.cursor.get("published", "")), "seen": dict(job.cursor.get("seen", {}))}
    now = clock.now()
    since = _moment(cursor["published"]) or now - timedelta(hours=settings.backlog_hours)
    since = min(since, now) - timedelta(seconds=settings.overlap)
    rows = settings.page_size
    for _ in range(_PAGES):
        response = _search(job, bearer, since, rows)
        docs = _docs(response)
        fresh: list[bytes] = []
        newest = since
        for raw in docs:
            doc = _read(raw)
            at = _moment(doc.published)
            newest = max(newest, at) if at else newest
            # What is announced for later must not push the cursor past what comes before it.
            if at and at <= now and at > (_moment(cursor["published"]) or datetime.min.replace(tzinfo=UTC)):
                cursor["published"] = clock.iso(at)
            name = f"{doc.uno or seal(bytes(raw))}|{bytes(doc.revision).decode()}|{bytes(doc.status).decode()}"[:300]
            if name in cursor["seen"]:
                continue
            whole = bytes(raw)
            complete = True
            if doc.uno and not _has_text(raw):
                try:
                    whole = bytes(_docs(_get(job, bearer, doc.uno))[0])
                except (Trouble, IndexError) as trouble:
                    # What is known of it goes in, for it may be a kill; the rest is asked for at the next look.
                    yield Skipped(doc.uno[:80], f"The document could not be fetched whole. {trouble}")
                    complete = False
            if complete:
                cursor["seen"][name] = doc.published
            fresh.append(whole)
            if job.stopping():
                return
        cursor["seen"] = dict(sorted(cursor["seen"].items(), key=lambda one: one[1])[-_KEPT:])
        kept = {"published": cursor["published"], "seen": dict(cursor["seen"])}
        if fresh:
            job.say(f"{len(fresh)} documents")
            yield Arrival(
                file_name="afp-core.json",
                data=b'{"response":{"docs":[' + b",".join(fresh) + b"]}}",
                envelope=_web.envelope(settings.url, response),
                cursor=kept,
            )
        else:
            yield Remember(kept)
        if len(docs) < rows or job.stopping() or job.trial:
            return
        if newest > since:
            since, rows = newest, settings.page_size
        elif rows < _MOST_ROWS:
            rows = _MOST_ROWS  # more documents of one second than a page holds
        else:
            since += timedelta(seconds=1)


def _bearer(job: Job) -> dict[str, str]:
    """The header that lets us in. A token is asked for at each look: it lives for some hours, and is never stored."""
    settings: Settings = job.settings
    key = job.secrets.get("api_key", "")
    client = _web.basic(job.secrets.get("client_id", ""), job.secrets.get("client_secret", ""))
    asked = {"grant_type": "client_credentials"}
    if settings.user:
        asked = {"grant_type": "password", "username": settings.user, "password": job.secrets.get("password", "")}
    response = _web.ask(
        job,
        settings.url.rstrip("/") + "/oauth/token",
        headers={
            "authorization": f"Basic {key}" if key else client,
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        },
        method="POST",
        body=urlencode(asked).encode("ascii"),
        also=frozenset({400}),
    )
    if response.status == 400:
        raise Trouble("AFP does not accept our credentials: enter client, user name and password again, or ask AFP.")
    try:
        token = msgspec.json.decode(response.body, type=_Token).access_token
    except msgspec.MsgspecError:
        raise Trouble("AFP did not answer with a token: check the address.") from None
    return {"authorization": f"Bearer {token}", "content-type": "application/json", "accept": "application/json"}


def _query(settings: Settings) -> dict[str, Any]:
    """AFP's query. Raises ValueError if what was entered is none."""
    terms: list[Any] = []
    if settings.products:
        terms.append({"name": "product", "in": list(settings.products)})
    if settings.query:
        try:
            terms.append(msgspec.json.decode(settings.query.encode(), type=dict[str, Any]))
        except msgspec.MsgspecError:
            raise ValueError('Write the query as JSON, e.g. {"name": "country", "in": ["nga"]}.') from None
    return {"and": terms} if terms else {}


def _search(job: Job, bearer: dict[str, str], since: datetime, rows: int) -> Response:
    settings: Settings = job.settings
    asked: dict[str, Any] = {
        "dateRange": {"from": clock.iso(since), "to": "now"},
        "maxRows": rows,
        "sortField": "published",
        "sortOrder": "asc",
    }
    if settings.languages:
        asked["langs"] = ",".join(settings.languages)
    if query := _query(settings):
        asked["query"] = query
    url = settings.url.rstrip("/") + "/v1/api/search"
    return _web.ask(job, url, headers=bearer, method="POST", body=msgspec.json.encode(asked))


def _get(job: Job, bearer: dict[str, str], uno: str) -> Response:
    settings: Settings = job.settings
    return _web.ask(job, settings.url.rstrip("/") + "/v1/api/get/" + quote(uno, safe=""), headers=bearer)


def _docs(response: Response) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(response.body, type=_Answer).response.docs or []
    except msgspec.MsgspecError:
        raise Trouble("AFP's answer is not in the form that is known: check the address, or ask AFP.") from None


def _read(raw: msgspec.Raw) -> _Doc:
    try:
        return msgspec.json.decode(raw, type=_Doc)
    except msgspec.MsgspecError:
        return _Doc()


def _has_text(raw: msgspec.Raw) -> bool:
    try:
        doc = msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError:
        return True
    return any(doc.get(name) for name in _TEXT)


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
