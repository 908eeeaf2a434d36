"""An nginx configuration that answers as the reader process does.

nginx sends from the disk what is surely a page that stands there, asked for in the plain way; all else goes to the
reader process, which knows moved addresses, notices and odd requests. So the two cannot disagree on what only one of
them decides. What nginx says of a page - type, caching, policies - is made here from the reader's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Final

from standfirst.kit import sitefiles
from standfirst.reader.shelf import (
    CDN_CACHING,
    DRAWING_POLICY,
    FOREVER_CACHING,
    HASHED,
    PAGE_CACHING,
    PAGE_POLICY,
    PICTURE_CACHING,
    PICTURES,
    SAFETY,
    SAVING,
    SHORT_CACHING,
    STORY,
)

# Letters of an address that mean themselves, and bytes of UTF-8 beyond ASCII. Whatever else is in a request line goes
# to the reader as it came, before nginx has tidied it up.
_LETTER: Final = r"[A-Za-z0-9_~-]|%[89A-Fa-f][0-9A-Fa-f]"
_PART: Final = rf"(?:{_LETTER})(?:{_LETTER}|\.)*"
_END: Final = r"(?:\?|$)"
# No file has this name: the press writes none that begins with a dot but where it writes aside.
_NONE: Final = "/.none"


@dataclass(frozen=True, slots=True)
class Site:
    """What a configuration is for. `upload_limit` is in bytes.

    `listen` is an address as nginx's directive takes it, or a port, at which it then listens on every address, IPv6
    too. With a certificate, whoever comes to `plain` without TLS is sent on to the `port` that readers type.

    With `counts`, stories are asked of the reader process, which counts them; without, they come from the disk too.
    """

    output: Path
    hosts: Sequence[str]
    listen: str
    reader: str
    upload_limit: int
    answer_seconds: int = 120
    certificate: str = ""
    key: str = ""
    plain: str = "80"
    port: int = 443
    counts: bool = True

    @property
    def secure(self) -> bool:
        return bool(self.certificate)


def configuration(site: Site) -> str:
    """The file for nginx's `http` context (`/etc/nginx/conf.d/standfirst.conf`): maps, an upstream, servers."""
    blocks = [
        "# Made by `standfirst nginx`. Make it again after an upgrade or a change of options.",
        *_maps(site),
        f"upstream standfirst_reader {{\n    server {site.reader};\n    keepalive 32;\n}}",
    ]
    names = " ".join(_quoted(host) for host in site.hosts)
    if site.secure:
        port = "" if site.port == 443 else f":{site.port}"
        blocks.append(
            f"server {{\n{indent(chr(10).join([*_listen(site.plain), f'server_name {names};']), '    ')}\n"
            f"    return 301 https://$host{port}$request_uri;\n}}"
        )
    blocks.append(f"server {{\n{indent(_server(site, names), '    ')}\n}}")
    return "\n\n".join(blocks) + "\n"


# ---- Maps ------------------------------------------------------------------------------------------------------------


def _maps(site: Site) -> Iterator[str]:
    slashed = rf"^/(?:{_PART}/)*{_END}"
    named = rf"^/(?:{_PART}/)*{_PART}{_END}"
    # Twins, the pages' own files and the page of what is not there have no address.
    twins = "|".join(_escaped(twin) for twin in sitefiles.TWINS)
    hidden = rf"^[^?]*(?:(?:{twins})(?:/|\?|$)|/{_escaped(sitefiles.INDEX)}{_END})"
    yield _map(
        "The file of an address that is written in the plain way, by what was asked.",
        "$request_uri",
        "$standfirst_place",
        {f"~{hidden}": _NONE}
        | {f"~^{_escaped(page)}{_END}": _NONE for page in (sitefiles.NOT_FOUND, sitefiles.FAULT)}
        | {f"~{slashed}": "${uri}index.html", f"~{named}": "$uri"},
        _NONE,
    )
    yield _map(
        "Asked in the plain way: for reading, with no conditions, and in codings that nginx understands as we do.",
        '"$request_method:$http_if_match$http_if_none_match$http_if_modified_since$http_if_unmodified_since$http_if_range'
        ':$http_accept_encoding"',
        "$standfirst_plain",
        # Of two codings brotli is taken here, whatever is said of them: who weighs them asks the reader.
        {r"~^(?:GET|HEAD)::(?!.*(?:\*|(?i:x-gzip|br.*;|;.*br)))": "1"},
        "0",
    )
    yield _map(
        "Asked for whole, or from its first byte on: other parts may lie outside, which the reader says better.",
        '"$request_method:$http_range"',
        "$standfirst_whole",
        {"~:$": "1", r"~^GET:bytes=0-\d{0,15}$": "1"},
        "0",
    )
    yield _map(
        "From a reader who saves data: the reader process knows which pictures are spared.",
        '"$http_save_data:$args"',
        "$standfirst_saving",
        {"~^:": "0", rf"~:(?:.*&)?{sitefiles.FULL}(?:&.*)?$": "0"},
        "1",
    )
    rules = {
        rf"~^111:{PICTURES}": _NONE,
        r"~^11[01]:(?<standfirst_file_here>.+)$": "$standfirst_file_here",
    }
    if site.counts:
        story = STORY.pattern.removesuffix(r"\Z")
        rules = {rf"~^11[01]:{story}index\.html$": _NONE} | rules
    yield _map(
        "The file to send" + (" from the disk; stories are the reader's, who counts them." if site.counts else "."),
        '"$standfirst_plain$standfirst_whole$standfirst_saving:$standfirst_place"',
        "$standfirst_file",
        rules,
        _NONE,
    )
    yield _map("", "$http_accept_encoding", "$standfirst_takes_brotli", {r"~*(?:^|[\s,])br(?:[\s,]|$)": "1"}, "0")
    yield _map(
        "Its twin in brotli, if that can be sent: no module of nginx's is needed for it.",
        '"$standfirst_takes_brotli$standfirst_stands:$standfirst_file"',
        "$standfirst_small",
        {r"~^11:(?<standfirst_packed_here>.+)$": f"${{standfirst_packed_here}}{sitefiles.SMALL_TWIN}"},
        _NONE,
    )
    yield _map("", "$uri", "$standfirst_coding", {rf"~{_escaped(sitefiles.SMALL_TWIN)}$": "br"}, '""')
    hashed = HASHED.pattern.removesuffix(r"\Z") + "$"
    texts = "|".join(sorted(sitefiles.TEXT))
    yield _map("", "$standfirst_place", "$standfirst_kept", {f"~{hashed}": "1"}, "0")
    yield _map(
        "",
        '"$standfirst_kept:$standfirst_place"',
        "$standfirst_caching",
        {f"~^1:{PICTURES}": PICTURE_CACHING, "~^1": FOREVER_CACHING},
        PAGE_CACHING,
    )
    yield _map("", "$standfirst_kept", "$standfirst_cdn_caching", {"0": CDN_CACHING}, '""')
    pictures = "|".join(ending for ending, media in sitefiles.PACKED_ALREADY.items() if media.startswith("image/"))
    yield _map(
        "",
        "$standfirst_place",
        "$standfirst_vary",
        {rf"~*\.(?:{texts})$": "accept-encoding", rf"~^{PICTURES}.*\.(?i:{pictures})$": SAVING},
        '""',
    )
    yield _map(
        "",
        "$standfirst_place",
        "$standfirst_policy",
        {r"~*\.html$": PAGE_POLICY, r"~*\.svg$": DRAWING_POLICY},
        '""',
    )
    # A date tells versions of one second not apart; so only what never changes has one.
    yield _map("", "$standfirst_kept", "$standfirst_dated", {"1": "$sent_http_last_modified"}, '""')


def _map(says: str, of: str, to: str, rules: Mapping[str, str], default: str) -> str:
    lines = [f"# {says}"] if says else []
    lines.append(f"map {of} {to} {{")
    lines += [f"    {_quoted(pattern)} {_quoted(value)};" for pattern, value in rules.items()]
    lines += [f"    default {_quoted(default)};", "}"]
    return "\n".join(lines)


# ---- The server ------------------------------------------------------------------------------------------------------


def _server(site: Site, names: str) -> str:
    # In this place nginx of every version understands `http2`; those after 1.25.1 warn that it has moved.
    lines = [*_listen(site.listen, " ssl http2" if site.secure else ""), f"server_name {names};"]
    if site.secure:
        lines += [
            f"ssl_certificate {_quoted(site.certificate)};",
            f"ssl_certificate_key {_quoted(site.key)};",
            "ssl_protocols TLSv1.2 TLSv1.3;",
            "# A phone that comes back is spared half of the greeting.",
            "ssl_session_cache shared:standfirst:10m;",
            "ssl_session_timeout 1d;",
            "ssl_session_tickets off;",
        ]
    lines += [
        "server_tokens off;",
        "",
        "# As the reader process has them.",
        f"client_max_body_size {site.upload_limit};",
        "client_header_timeout 15s;",
        "client_body_timeout 30s;",
        "send_timeout 30s;",
        "large_client_header_buffers 4 64k;",
        "",
        "merge_slashes off;",
        "absolute_redirect off;",
        "recursive_error_pages on;",
        "# nginx's own etags are seconds and sizes, which two versions of a page may share.",
        "etag off;",
        "if_modified_since off;",
        "gzip off;",
        "max_ranges 1;",
        "gzip_http_version 1.0;",
        "gzip_proxied any;",
        "gzip_vary off;",
        "charset off;",
        "default_type application/octet-stream;",
        _types(),
        "",
        "proxy_http_version 1.1;",
        'proxy_set_header Connection "";',
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Forwarded-Host $http_host;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_redirect off;",
        "proxy_connect_timeout 3s;",
        f"root {_quoted(str(site.output / sitefiles.PAGES))};",
        "# Whether the page stands there: a twin that was left behind must not be sent for it.",
        "set $standfirst_stands 0;",
        "if (-f $document_root$standfirst_file) { set $standfirst_stands 1; }",
        "# As the reader, nobody is led out of the folder.",
        "disable_symlinks on from=$document_root;",
        "",
        _location(
            "/", _from_disk("$standfirst_file", "@reader"), _texts("$standfirst_file", "$standfirst_small", "@reader")
        ),
        "",
        "# What is not sent from the disk. The address goes on as it came.",
        _location(
            "@reader",
            [
                "proxy_pass http://standfirst_reader$request_uri;",
                "# The supervisor keeps its port, so a reader process that is away refuses nobody: it is silent.",
                "proxy_read_timeout 3s;",
                "error_page 502 504 = @alone;",
            ],
        ),
        "",
        "# While the reader process is away: pages and notices from the disk. Of the rest nothing is known then.",
        _location("@alone", [*_from_disk("$standfirst_place", "@alone_gone"), "gzip_static on;"]),
        _location(
            "@alone_gone",
            [
                f"root {_quoted(str(site.output / sitefiles.GONE))};",
                "error_page 410 /-/gone$standfirst_place;",
                "if (-f $document_root$standfirst_place) { return 410; }",
                "add_header Retry-After 5 always;",
                'add_header Cache-Control "no-store" always;',
                "return 503;",
            ],
        ),
        _location(
            "^~ /-/gone/",
            [
                "internal;",
                "error_page 403 404 = @reader;",
                "gzip_static on;",
                f"alias {_quoted(str(site.output / sitefiles.GONE))}/;",
                *_headers(f'"{SHORT_CACHING}"', always=True),
            ],
        ),
        "",
        "# The newsroom's own, by way of the reader.",
    ]
    for prefix in sitefiles.FORWARDED:
        there = _search() if sitefiles.is_search(prefix) else _newsroom(site)
        # Without the slash as well: nginx would put it there by itself.
        lines.append(_location(f"= {prefix.removesuffix('/')}", there))
        lines.append(_location(f"^~ {prefix}", there))
    lines += [
        "",
        "# What a search gets while the reader process is away: the site's own page, where it has been printed.",
        _location("@search_away", ["error_page 503 /-/search-away;", "return 503;"]),
        _location(
            "= /-/search-away",
            [
                "internal;",
                f"alias {_quoted(str(site.output / sitefiles.file_of(sitefiles.SEARCH_AWAY)))};",
                "default_type text/html;",
                "gzip_static on;",
                "charset utf-8;",
                *_headers('"no-store"', always=True, policy=f'"{PAGE_POLICY}"'),
                "add_header Retry-After 10 always;",
            ],
        ),
    ]
    return "\n".join(lines)


def _listen(where: str, how: str = "") -> list[str]:
    every = [where, f"[::]:{where}"] if where.isdigit() else [where]
    return [f"listen {each}{how};" for each in every]


def _newsroom(site: Site) -> list[str]:
    return [
        "proxy_pass http://standfirst_reader$request_uri;",
        f"proxy_read_timeout {site.answer_seconds + 10}s;",
    ]


def _search() -> list[str]:
    return [
        "proxy_pass http://standfirst_reader$request_uri;",
        "# Longer than the reader waits for the newsroom. What it says itself comes back as it is.",
        "proxy_read_timeout 20s;",
        "error_page 502 504 = @search_away;",
    ]


def _from_disk(file: str, otherwise: str) -> list[str]:
    return [
        f"try_files {file} {otherwise};",
        f"error_page 403 404 405 = {otherwise};",
        *_headers("$standfirst_caching"),
        "add_header Content-Encoding $standfirst_coding;",
        "add_header CDN-Cache-Control $standfirst_cdn_caching;",
    ]


def _headers(caching: str, *, always: bool = False, policy: str = "$standfirst_policy") -> list[str]:
    end = " always;" if always else ";"
    return [
        f"add_header Cache-Control {caching}{end}",
        *(f"add_header {name.title()} {_quoted(value)}{end}" for name, value in SAFETY),
        f"add_header Content-Security-Policy {policy}{end}",
        f"add_header Vary $standfirst_vary{end}",
        f"add_header Last-Modified $standfirst_dated{end}",
    ]


def _texts(file: str, small: str, otherwise: str) -> list[str]:
    """Text is packed and not given in parts. Its type is told by the address: what is sent may be a twin."""
    names = {f"/{_escaped(name)}$": media for name, media in sitefiles.BY_NAME.items()}
    for media, endings in _by_type(sitefiles.TEXT).items():
        folder = "/|" if "html" in endings else ""
        names[f"(?:{folder}[.](?:{'|'.join(sorted(endings))}))$"] = media
    return [
        _location(
            f"~* {_quoted(pattern)}",
            [
                f"types {{ }} default_type {_quoted(media)};",
                "gzip_static on;",
                "max_ranges 0;",
                f"try_files {small} {file} {otherwise};",
            ],
        )
        for pattern, media in names.items()
    ]


def _types() -> str:
    kinds = _by_type({**sitefiles.TEXT, **sitefiles.PACKED_ALREADY})
    rows = "\n".join(f"    {_quoted(media)} {' '.join(endings)};" for media, endings in kinds.items())
    return f"types {{\n{rows}\n}}"


def _by_type(endings: Mapping[str, str]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for ending, media in endings.items():
        kinds.setdefault(media, []).append(ending)
    return kinds


def _location(name: str, lines: Sequence[str], nested: Sequence[str] = ()) -> str:
    return f"location {name} {{\n{indent(chr(10).join([*lines, *nested]), '    ')}\n}}"


def _quoted(word: str) -> str:
    """`word` as nginx reads it back: in quotes where it has a space, a brace, a semicolon or a quote."""
    if word == '""' or (word.startswith('"') and word.endswith('"')):
        return word
    if word and not any(letter in word for letter in " \t{};\"'#\\"):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(name: str) -> str:
    return name.replace(".", "[.]")


__all__ = ["Site", "configuration"]
