"""All transports, by the kind of source."""

from __future__ import annotations

from types import ModuleType
from typing import Final, cast

from standfirst.wire.transports import afp, ap, folder, ftp, http, imap, push, sftp
from standfirst.wire.transports._shared import Transport


def _transport(module: ModuleType) -> Transport:
    return cast(Transport, module)


BY_KIND: Final[dict[str, Transport]] = {
    transport.KIND: transport for transport in map(_transport, (http, ap, afp, folder, ftp, sftp, imap, push))
}
