"""What is known of agencies' dialects: data, not code. A feed may name one; otherwise the provider in a file does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from standfirst.wire.formats._shared import Profile

NAMED: Final[Mapping[str, Profile]] = {}
"""By short name, as a feed's settings have it."""

BY_PROVIDER: Final[Mapping[str, Profile]] = {}
"""By what files call the agency, lower case: a name or a domain."""
