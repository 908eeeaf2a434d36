"""Which kinds of page a newsroom has, asked of its ledger: a new kind is there by itself."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import quote

from tests.running import Serving


def _claims() -> list[tuple[str, str]]:
    from standfirst.press import ledger

    store = ledger.store()
    rows = {row.page: row for row in store.pages() if row.status in {200, 410}}
    return [
        (quote(rows[page].path), "gone" if rows[page].status == 410 else ref.kind)
        for page, refs in store.refs(list(rows)).items()
        for ref in refs
        # An address that answers 410 may have been another story's former one; what machines get there is no page.
        if (not rows[page].path.endswith(".json") if rows[page].status == 410 else ref.kind != "moved")
    ]


def pages_by_kind(served: Serving) -> dict[str, list[str]]:
    """Addresses of each kind of page that readers are given, percent-encoded, in a steady order."""
    served.at_rest()
    found: dict[str, list[str]] = defaultdict(list)
    for path, kind in sorted(set(served.inside(_claims))):
        found[kind].append(path)
    found["lost"] = ["/no/such/page/"]
    return dict(found)


def html_pages(served: Serving) -> dict[str, dict[str, bytes]]:
    """The bodies of all pages of HTML, by kind and address."""
    found: dict[str, dict[str, bytes]] = {}
    for kind, addresses in pages_by_kind(served).items():
        first = served.http.get(addresses[0])
        if first.headers["content-type"].startswith("text/html"):
            found[kind] = {address: served.http.get(address).content for address in addresses}
    return found
