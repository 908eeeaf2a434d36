import gzip
import posixpath
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.kit import sitefiles
from standfirst.kit.sitefiles import BadPath, agrees, file_of, has_twin, media_type, pack, path_of, twin_of


def test_an_address_has_one_file_in_each_status():
    assert file_of("/") == "pages/index.html"
    assert file_of("/world/2026/11/22/a-story/") == "pages/world/2026/11/22/a-story/index.html"
    assert file_of("/news/feed.xml") == "pages/news/feed.xml"
    assert file_of("/news/", 410) == "gone/news/index.html"
    assert file_of("/news/", 301) == "moved/news/index.html"
    assert file_of("/.well-known/security.txt") == "pages/.well-known/security.txt"
    assert file_of("/أخبار/") == "pages/أخبار/index.html"


def test_an_address_is_the_same_in_every_unicode_form():
    decomposed = unicodedata.normalize("NFD", "/politique/été/")
    assert decomposed != "/politique/été/"
    assert file_of(decomposed) == file_of("/politique/été/") == "pages/politique/été/index.html"


@pytest.mark.parametrize(
    "path",
    [
        "", "news", "//", "//etc/passwd", "/a//b", "/../x", "/a/../b", "/a/..", "/.", "/./a", "/a/./", "/.git/config",
        "/.newsroom", "/a/.index.html.part", "/.well-known", "/a/.well-known/x", "/a\\b", "/..\\x", "/a\0b", "/a\nb",
        "/a\x7f", "/\x85", "/\ud800", "/\ufffd", "/index.html", "/a/index.html", "/page.gz", "/page.gz/x",
        "/" + "x" * 253, "/" + "é" * 127 + "/", "/" + "a/" * 1001,
    ],
)  # fmt: skip
def test_it_refuses_addresses_that_would_leave_the_folder_or_need_other_files_names(path):
    with pytest.raises(BadPath):
        file_of(path)


odd = st.text(st.sampled_from("/.\\\0%ab é\u0301gz~\u2028") | st.characters(), max_size=40)


@given(odd.map(lambda text: "/" + text))
def test_whatever_is_asked_the_file_lies_within_its_folder_and_its_address_is_found_again(path):
    for status, tree in sitefiles.TREES.items():
        try:
            file = file_of(path, status)
        except BadPath:
            continue
        assert posixpath.normpath(file) == file
        assert file.startswith(tree + "/")
        assert all(len((part + sitefiles.TWIN).encode()) <= 255 for part in file.split("/"))
        assert path_of(file) == (sitefiles.canonical(path), status)
        assert path_of(twin_of(file)) is None
        # A page, its twin and a file being written never meet.
        assert not file.endswith(sitefiles.TWIN)


def test_other_files_of_the_folder_are_no_addresses():
    for file in (
        ".newsroom",
        "moved-prefixes.json",
        "pages",
        "pages/",
        "pages/.0.part",
        "pages/a/index.html.gz",
        "x/y",
    ):
        assert path_of(file) is None


def test_a_file_says_by_its_name_what_it_is():
    assert media_type("pages/a/index.html") == "text/html; charset=utf-8"
    assert media_type("pages/news/feed.xml") == "application/rss+xml; charset=utf-8"
    assert media_type("pages/sitemap.xml") == "application/xml; charset=utf-8"
    assert media_type("pages/pictures/0123-640.AVIF") == "image/avif"
    assert media_type("pages/unknown") == "application/octet-stream"


def test_text_is_packed_and_pictures_and_targets_are_not():
    assert all(has_twin(f"pages/a.{ending}") for ending in ("html", "xml", "json", "css", "js", "svg", "txt"))
    assert not any(has_twin(f"pages/a.{ending}") for ending in ("jpg", "webp", "avif", "woff2", "zip"))
    assert has_twin("gone/a/index.html")
    assert not has_twin("moved/a/index.html")


@given(st.binary(max_size=3000))
def test_packing_is_the_same_each_time_and_a_twin_knows_its_body(body):
    twin = pack(body)
    assert twin == pack(body)
    assert gzip.decompress(twin) == body
    assert agrees(twin, body)
    assert not agrees(twin, body + b"x")
    assert not agrees(twin[:-1], body)
    if body:
        changed = bytes([body[0] ^ 1]) + body[1:]
        assert not agrees(twin, changed)
        damaged = twin[:10] + bytes([twin[10] ^ 0xFF]) + twin[11:]
        assert not agrees(damaged, body)


def test_what_is_no_gzip_agrees_with_nothing():
    assert not agrees(b"", b"")
    assert not agrees(b"\0" * 18, b"")


def test_a_small_twin_is_believed_only_where_it_unpacks_to_the_page():
    for body in (b"<p>Boats.</p>" * 300, b"<p>Boats.</p>" * 9000, b""):
        small = sitefiles.squeeze(body)
        assert sitefiles.small_agrees(small, body)
        assert not sitefiles.small_agrees(small, body + b"x")
        for damaged in (small[:-1], b"", b"nonsense"):
            assert not sitefiles.small_agrees(damaged, body)
    for path in ("/a.html.br", "/world.br/", "/x.br"):
        with pytest.raises(BadPath, match="packed twins"):
            file_of(path)
    assert file_of("/news.brief/") == "pages/news.brief/index.html"
