"""E-mail: every shared fixture gets an answer, no text is lost, and no sender is believed without proof."""

from __future__ import annotations

import email
import html
import re
from pathlib import Path

import pytest

from standfirst.wire import formats
from standfirst.wire.formats import mail
from standfirst.wire.item import Item

FIXTURES = Path(__file__).resolve().parents[6] / "shared" / "fixtures" / "email"
SAMPLES = Path(__file__).parent / "samples" / "email"
beside = pytest.mark.skipif(not FIXTURES.is_dir(), reason="The shared wire fixtures are not beside this checkout.")
FILES = sorted(FIXTURES.glob("*"))

# A header that is broken in the middle, and a message inside of base64: read better than the dumb reading below does.
BETTER = ("example13", "raw_email_incorrect_header", "attachment_2_base64", "content_transfer_encoding_empty")


def words(text: str) -> set[str]:
    return set(re.findall(r"\w{2,}", re.sub(r"https?://\S+", " ", text).lower()))


@beside
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_fixture_gives_an_item_with_all_of_its_text_or_a_clear_refusal(path: Path) -> None:
    data = path.read_bytes()
    try:
        (item,) = formats.parse(data).items
    except formats.Unreadable as refused:
        assert ":" in refused.reason and refused.reason.endswith(".")
        assert path.name.endswith((".json", ".raw")) or b"multipart/report" in data.lower()
        return
    assert item.item_id and item.provider and item.headline
    assert item.doubts, "nobody is on a list"
    if any(name in path.name for name in BETTER):
        return
    said = words(html.unescape(re.sub(r"<[^>]*>", " ", item.body_html)))
    for part in email.message_from_bytes(data).walk():
        if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
            continue
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        try:
            text = raw.decode(part.get_content_charset() or "utf-8", "ignore")
        except LookupError:
            text = raw.decode("latin-1")
        if part.get_content_subtype() == "html":
            text = re.sub(r"(?is)<(style|script|title|head)\b.*?</\1>", " ", text)
            text = html.unescape(re.sub(r"(?s)<!--.*?-->|<[^>]*>", " ", text))
        missing = words(text) - said
        assert len(missing) <= max(2, len(words(text)) // 50), missing


OURS = formats.Profile(
    provider="harbour",
    force_provider=True,
    senders=frozenset({"harbour-wire.test", "ida@freelance.test"}),
    mail_servers=frozenset({"mx.outlet.test"}),
)
PROOF = "Authentication-Results: mx.outlet.test (x; y); spf=fail; dkim=pass (2048-bit) header.d=harbour-wire.test\r\n"


def read(name: str, before: str = "", sender: str = "") -> Item:
    data = (SAMPLES / f"{name}.eml").read_bytes()
    if sender:
        data = data.replace(b"Harbour Wire <desk@harbour-wire.test>", sender.encode())
    return formats.parse(before.encode() + data, OURS).items[0]


def test_a_sender_on_the_list_whom_our_own_server_proved_is_believed() -> None:
    assert read("plain", PROOF).doubts == ()
    assert read("plain", PROOF.replace("header.d=", "header.i=@")).doubts == ()
    assert read("plain", PROOF, "Desk <d@news.harbour-wire.test>").doubts, "a list names addresses and domains exactly"
    signed = PROOF.replace("harbour-wire.test", "freelance.test")
    assert read("plain", signed, "Ida <ida@freelance.test>").doubts == ()


@pytest.mark.parametrize(
    ("before", "sender"),
    [
        ("", ""),
        (PROOF.replace("mx.outlet.test", "mx.elsewhere.test"), ""),
        (PROOF.replace("dkim=pass", "dkim=fail"), ""),
        (PROOF.replace("dkim=pass (2048-bit)", "dkim=none (dkim=pass)"), ""),
        (PROOF.replace("header.d=harbour-wire.test", "header.d=evil.test"), ""),
        (PROOF.replace("header.d=harbour-wire.test", "header.d=wire.test"), ""),
        (PROOF.replace("header.d=harbour-wire.test", "header.d=test"), ""),
        # Ours, but below one that came with the message.
        ("Authentication-Results: mx.elsewhere.test; dkim=none\r\n" + PROOF, ""),
        (PROOF, '"desk@harbour-wire.test" <x@evil.test>'),
        (PROOF, "desk@harbour-wire.test <x@evil.test>"),
        (PROOF, "x@evil.test, desk@harbour-wire.test"),
        (PROOF + "From: desk@harbour-wire.test\r\n", ""),
        (PROOF, "Ida <tom@freelance.test>"),
    ],
)
def test_everybody_else_has_a_doubt(before: str, sender: str) -> None:
    assert len(read("plain", before, sender).doubts) == 1


def test_a_cancellation_attached_to_a_message_counts_only_if_its_sender_is_proved() -> None:
    proved = read("wire-file-attached", PROOF)
    assert (proved.status, proved.doubts, proved.directives) == ("canceled", (), ())
    claimed = read("wire-file-attached")
    assert claimed.status == "unknown" and "kill" in claimed.editorial_types and claimed.doubts
    (directive,) = claimed.directives
    assert (directive.status, directive.exact, directive.target) == ("canceled", False, "")
    assert "STORY-7" in directive.said


def test_a_kill_in_words_is_for_a_person_whoever_sent_it() -> None:
    item = read("kill", PROOF)
    assert item.status == "usable" and "kill" in item.editorial_types
    (directive,) = item.directives
    assert (directive.status, directive.exact, directive.target) == ("canceled", False, "1@harbour-wire.test")
    # Ids of messages are no secret, so one that is not proved names nobody.
    (directive,) = read("kill").directives
    assert directive.target == "" and "1@harbour-wire.test" in directive.said


def test_attachments_come_out_as_bytes_under_harmless_names() -> None:
    parsed = formats.parse((SAMPLES / "picture.eml").read_bytes())
    ((seal, part),) = parsed.parts.items()
    assert (part.name, part.mime) == ("harbour.png", "image/png")
    assert parsed.items[0].associations[0].renditions[0].part == seal


@pytest.mark.parametrize(
    "tag, subject",
    [
        ("kill", "KILL: Mill fire"),
        ("kill", "*** MANDATORY KILL *** Mill fire"),
        ("kill", "AW: ANNULATION - Mill fire"),
        ("kill", "إلغاء: Mill fire"),
        ("withhold", "[Nicht verwenden] Mill fire"),
        ("correction", "Re: Rectificación: Mill fire"),
        ("correction", "BERICHTIGUNG Mill fire"),
        ("update", "UPDATE 2-Mill fire"),
        ("embargo", "Sperrfrist: Mill fire"),
        ("urgent", "速報 Mill fire"),
        ("urgent", "Срочно: Mill fire"),
        ("", "Kill the mill fire"),
        ("", "Update on mill fire"),
        ("", "Alert systems at mill fire"),
    ],
)
def test_it_knows_a_tag_from_a_word(tag: str, subject: str) -> None:
    data = (SAMPLES / "plain.eml").read_bytes().replace(b"Ferry strike ends", subject.encode())
    (item,) = formats.parse(data).items
    assert item.signals == ((tag,) if tag else ())
    assert item.headline == ("Mill fire" if tag else subject)


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@b.c\nSubject: " + b"=?utf-8?q?" * 50_000 + b"\n\nx",
        b"From: " + b"<" * 200_000 + b"\nSubject: x\n\nx",
        b"From: " + b'"' * 200_000 + b"\nSubject: x\n\nx",
        b"From: a@b.c\nSubject: x\nDate: " + b"(" * 100_000 + b"\n\nx",
        b"From: a@b.c\nSubject: " + b"[" * 100_000 + b"\n\nx",
        b"From: a@b.c\nSubject: x\nContent-Type: text/plain; " + b"a=b; " * 20_000 + b"\n\nx",
        b"From: a@b.c\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10_000,
        b"From: a@b.c\nSubject: x\n" + b"X-Y: z\n" * 50_000 + b"\nx",
        b"From: a@b.c\nSubject: x\n" + b"no header\n" * 50_000 + b"To: a@b.c\n\nx",
        b"From: a@b.c\nSubject: EMBARGO " + b"12 " * 5_000 + b"\n\nx",
        b"From: a@b.c\nSubject: x\nAuthentication-Results: mx; " + b"dkim=pass(" * 20_000 + b"\n\nx",
        b"From: a@b.c\nSubject: x\n\nbegin 644 x\n" + b"M" * 200_000,
    ],
    ids=range(12),
)
def test_messages_made_to_take_for_ever_do_not(data: bytes) -> None:
    try:
        mail.parse(data, OURS)
    except formats.Unreadable as refused:
        assert refused.reason.endswith(".")


def test_a_kill_that_quotes_what_it_kills_still_names_it() -> None:
    item = read("withdrawn-at-the-end", PROOF)
    assert [(each.status, each.target) for each in item.directives] == [("canceled", "1@harbour-wire.test")]
    assert item.doubts == ("It quotes an earlier message: cut what is no copy before it is used.",)
