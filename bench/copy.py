"""Fictional agency copy in several formats, made to measure: an item, and the four ways in which an agency kills it."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

AGENCY = "bench-wire.test"
DAY = "20260110"


@dataclass(frozen=True, slots=True)
class Way:
    """How one format carries a story and its kill: (file name, bytes) of each."""

    name: str
    story: tuple[str, bytes]
    kill: tuple[str, bytes]


def ways(number: int, headline: str, paragraphs: list[str]) -> tuple[Way, ...]:
    """The four ways for one story each, their ids made of `number`."""
    return (
        _same_id(number, headline, paragraphs),
        _same_revision(number, headline, paragraphs),
        _other_document(number, headline, paragraphs),
        _free_text(number, headline, paragraphs),
    )


def g2(item_id: str, version: int, status: str, headline: str, paragraphs: list[str]) -> bytes:
    """One NewsML-G2 text item."""
    body = "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" standard="NewsML-G2" standardversion="2.35" '
        f'conformance="power" guid="{item_id}" version="{version}" xml:lang="en"><itemMeta>'
        f'<itemClass qcode="ninat:text"/><provider literal="{AGENCY}"/>'
        f"<versionCreated>2026-01-10T08:{version:02}:00Z</versionCreated>"
        f'<pubStatus qcode="stat:{status}"/></itemMeta><contentMeta><urgency>3</urgency>'
        f"<headline>{escape(headline)}</headline></contentMeta><contentSet>"
        '<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body>'
        f"{body}</body></html></inlineXML></contentSet></newsItem>"
    ).encode()


def _same_id(number: int, headline: str, paragraphs: list[str]) -> Way:
    item = f"urn:newsml:{AGENCY}:{DAY}:G{number}"
    return Way(
        "same id, higher version (NewsML-G2)",
        (f"g2-{number}-1.xml", g2(item, 1, "usable", headline, paragraphs)),
        (f"g2-{number}-2.xml", g2(item, 2, "canceled", headline, paragraphs)),
    )


def _newsml_1(number: int, update: str, status: str, content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><NewsML Version="1.2"><NewsEnvelope><DateAndTime>20260110T080000Z'
        '</DateAndTime></NewsEnvelope><NewsItem xml:lang="en"><Identification><NewsIdentifier>'
        f"<ProviderId>{AGENCY}</ProviderId><DateId>{DAY}</DateId><NewsItemId>N{number}</NewsItemId>"
        f'<RevisionId PreviousRevision="0" Update="{update}">1</RevisionId>'
        f"<PublicIdentifier>urn:newsml:{AGENCY}:{DAY}:N{number}:1{'' if update == 'N' else update}</PublicIdentifier>"
        '</NewsIdentifier></Identification><NewsManagement><NewsItemType FormalName="News"/>'
        "<FirstCreated>20260110T080000Z</FirstCreated><ThisRevisionCreated>20260110T080000Z</ThisRevisionCreated>"
        f'<Status FormalName="{status}"/><Urgency FormalName="3"/></NewsManagement>{content}</NewsItem></NewsML>'
    ).encode()


def _same_revision(number: int, headline: str, paragraphs: list[str]) -> Way:
    body = "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    content = (
        f"<NewsComponent><NewsLines><HeadLine>{escape(headline)}</HeadLine></NewsLines><NewsComponent><ContentItem>"
        f'<Format FormalName="XHTML"/><DataContent><html><body>{body}</body></html></DataContent></ContentItem>'
        "</NewsComponent></NewsComponent>"
    )
    return Way(
        "same revision, management only (NewsML 1.2)",
        (f"newsml1-{number}.xml", _newsml_1(number, "N", "Usable", content)),
        (f"newsml1-{number}a.xml", _newsml_1(number, "A", "Canceled", "")),
    )


def _nitf(item: str, docdata: str, headline: str, paragraphs: list[str]) -> bytes:
    body = "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><nitf version="-//IPTC//DTD NITF 3.6//EN"><head>'
        f'<title>{escape(headline)}</title><docdata {docdata}><doc-id regsrc="{AGENCY}" id-string="{item}"/>'
        '<urgency ed-urg="3"/><date.issue norm="20260110T080000Z"/></docdata></head><body><body.head><hedline>'
        f"<hl1>{escape(headline)}</hl1></hedline></body.head><body.content>{body}</body.content></body></nitf>"
    ).encode()


def _other_document(number: int, headline: str, paragraphs: list[str]) -> Way:
    item = f"bench.{DAY}.{number}"
    order = f'management-status="usable" management-doc-idref="{item}" management-idref-status="canceled"'
    return Way(
        "another document (NITF)",
        (f"nitf-{number}.xml", _nitf(item, 'management-status="usable"', headline, paragraphs)),
        (f"nitf-{number}-kill.xml", _nitf(f"{item}.kill", order, "Advisory: kill", ["Editors: kill the story."])),
    )


def _free_text(number: int, headline: str, paragraphs: list[str]) -> Way:
    text = "\r\n\r\n".join(f"   {each}" for each in paragraphs)
    here, there = f"bnw{number * 2:04}", f"bnw{number * 2 + 1:04}"
    words = sum(len(each.split()) for each in paragraphs)
    story = (
        f"\x01{here} 3 i {words} bnw\r\nNigeria/bench/\r\n\x02{headline} =\r\n\r\n{text}\r\n\x03100800 JAN 26\r\n\x04"
    )
    kill = (
        f"\x01{there} 2 i 12 bnw\r\nNigeria/bench/KILL\r\n\x02ATTENTION EDITORS - KILL {here} =\r\n\r\n"
        f"   Please do not use our story {here}.\r\n\x03101140 JAN 26\r\n\x04"
    )
    return Way(
        "free text (IPTC 7901)",
        (f"{here}.txt", story.encode("latin-1")),
        (f"{there}.txt", kill.encode("latin-1")),
    )
