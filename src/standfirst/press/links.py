"""The local addresses that a printed page leads to or embeds: what the fourth law is checked on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree

from standfirst.kit.sitefiles import is_forwarded
from standfirst.pages.output import Output

_BASE = "http://local"
_PARSER = etree.HTMLParser(encoding="utf-8")
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
        try:
            whole = urlsplit(urljoin(_BASE + path, link.strip()))
        except ValueError:  # an address outside that is not well-formed leads to no page of ours
            continue
        local = whole.scheme == "http" and f"{whole.scheme}://{whole.netloc}" == _BASE
        if local and whole.path and not is_forwarded(whole.path):
            yield unquote(whole.path)


def _of_html(body: bytes) -> Iterator[str]:
    for element in etree.fromstring(body, _PARSER).iter(etree.Element):
        for name in ("href", "src", "poster"):
            if value := element.get(name):
                yield value
        if value := element.get("srcset"):
            yield from _SRCSET.findall(value)
