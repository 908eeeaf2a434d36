"""`standfirst nginx`: the configuration with which nginx answers as the reader process does."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import click

from standfirst.conf.options import in_ascii, load
from standfirst.kit.errors import Problem


@click.command(
    epilog="Examples:\n\n\b\n  standfirst nginx >/etc/nginx/conf.d/standfirst.conf\n"
    "  standfirst nginx --certificate /etc/ssl/news.pem --key /etc/ssl/news.key"
)
@click.option(
    "--listen", metavar="ADDRESS", help="Address or port to listen at. Default: the origin's port, 443 or 80."
)
@click.option("--certificate", metavar="FILE", help="Certificate chain. Default: Let's Encrypt's file for the host.")
@click.option("--key", metavar="FILE", help="The certificate's key.")
@click.option("--uncounted", is_flag=True, help="Send stories from the disk too. Their reads are not counted then.")
def nginx(listen: str | None, certificate: str | None, key: str | None, uncounted: bool) -> None:
    """Print an nginx configuration for this newsroom, for nginx's `conf.d`.

    nginx sends pages and pictures from the disk, and asks the reader process for all else; while that is away, pages
    and notices still come. Nothing but Debian's plain nginx is needed.
    """
    from standfirst.reader.nginx import Site, configuration

    options = load()
    origin = urlsplit(options.origin)
    secure = origin.scheme == "https"
    host = origin.hostname or "localhost"
    if (certificate is None) != (key is None):
        raise Problem("--certificate and --key go together: name both files.")
    if not secure and certificate is not None:
        raise Problem(f"STANDFIRST_ORIGIN is {options.origin}: write it with https:// to use a certificate.")
    listen = _listened(listen) if listen is not None else str(origin.port or (443 if secure else 80))
    if listen in {str(options.port), f"{options.host}:{options.port}"}:
        raise Problem(
            f"nginx and the reader process cannot both listen at port {options.port}: set STANDFIRST_ORIGIN to what "
            "readers type, such as https://news.example, or name another port with --listen."
        )
    hosts = tuple(in_ascii(name) for name in (host, *options.hosts))
    issued = f"/etc/letsencrypt/live/{hosts[0]}"
    reader = f"[{options.host}]" if ":" in options.host else options.host
    site = Site(
        output=options.home / "output",
        hosts=hosts,
        listen=listen,
        reader=f"{_reached(reader)}:{options.port}",
        upload_limit=options.upload_limit,
        certificate=(certificate or f"{issued}/fullchain.pem") if secure else "",
        key=(key or f"{issued}/privkey.pem") if secure else "",
        port=origin.port or 443,
        counts=not uncounted,
    )
    if secure and not options.trusted_proxies:
        click.echo(
            "No proxy is trusted, so every request seems to come without TLS and from nginx itself: write "
            f'`trusted_proxies = "{_reached(reader).strip("[]")}"` in standfirst.toml.',
            err=True,
        )
    click.echo(configuration(site), nl=False)


_WHERE = re.compile(r"(?:(?P<address>\*|localhost|[\d.]+|\[[\da-fA-F:.]+\])(?::(?=\d)|\Z))?(?P<port>\d*)\Z")


def _listened(where: str) -> str:
    """`where` if nginx can listen there: a port, an address, or both."""
    # What is all digits is a port.
    found = re.fullmatch(r"(?P<address>)(?P<port>\d+)", where) or _WHERE.fullmatch(where)
    try:
        if not where or not found or not 1 <= int(found["port"] or 80) <= 65535:
            raise ValueError
        if found["address"] not in {None, "", "*", "localhost"}:
            ip_address(found["address"].strip("[]"))
    except ValueError:
        raise Problem(
            f"nginx cannot listen at “{where}”: give --listen a port such as 8443, or an address such as "
            "127.0.0.1:8443 or [::1]:8443."
        ) from None
    return where


def _reached(host: str) -> str:
    """Where a process that listens at `host` is reached from its own machine."""
    return {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - compared, not listened at
