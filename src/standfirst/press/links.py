"""The local addresses that a printed page leads to or embeds: what the fourth law is checked on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import cast
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

from standfirst.kit.sitefiles import is_forwarded
from standfirst.pages.output import Output

_BASE = "http://local"
_PARSER = etree.HTMLParser(encoding="utf-8")
_LINKS = etree.XPath("//@href[. != ''] | //@src[. != ''] | //@poster[. != '']", smart_strings=False)
_SRCSETS = etree.XPath("//@srcset", smart_strings=False)
_CSS_URL = re.compile(r"""url\(\s*["']?([^"')\s]+)""")
_SRCSET = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s[^,]*)?(?:,|$)")


def links(path: str, output: Output) -> Iterator[str]:
    """Absolute local paths, decoded, without query and fragment, that the page at `path` links to or shows.

    HTML: `href`, `src`, `srcset`, `poster` of every element. CSS: `url()`. Other types: none.
    """
    kind = output.content_type.partition(";")[0].strip()
    if kind == "text/html" and output.body:
        found = _of_html(output.body)
    elif kind == "text/css":
        found = iter(_CSS_URL.findall(output.body.decode(errors="replace")))
    else:
        return
    for link in found:
        # Most begin at the root of the site, and stand on page after page.
        local = _local("/", link) if link.startswith("/") else _local(path, link)
        if local is not None:
            yield local


@lru_cache(20_000)
def _local(path: str, link: str) -> str | None:
    """The local path that `link` on the page at `path` leads to, if any."""
    try:
        whole = urlsplit(urljoin(_BASE + path, link.strip()))
    except ValueError:  # an address outside that is not well-formed leads to no page of ours
        return None
    local = whole.scheme == "http" and f"{whole.scheme}://{whole.netloc}" == _BASE
    return unquote(whole.path) if local and whole.path and not is_forwarded(whole.path) else None


def _of_html(body: bytes) -> Iterator[str]:
    document = etree.fromstring(body, _PARSER)
    yield from cast(list[str], _LINKS(document))
    for value in cast(list[str], _SRCSETS(document)):
        yield from _SRCSET.findall(value)
