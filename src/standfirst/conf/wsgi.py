"""The newsroom process: Django behind WSGI."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from standfirst.conf.setup import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "standfirst.conf.settings")
application = get_wsgi_application()
# Every screen, now: the first who asks for one would wait for all.
get_resolver().url_patterns  # noqa: B018
settle()
