"""The form through which people sign in."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from wagtail.admin.forms.auth import LoginForm

from standfirst.kit.askers import address_of
from standfirst.people.tries import TRIES

log = logging.getLogger("standfirst.people")


class SignInForm(LoginForm):  # type: ignore[misc]
    """Wagtail's form, which says no for a while to somebody who guesses."""

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username") or "")
        address = address_of(
            self.request.headers.get("x-forwarded-for", ""),
            self.request.META.get("REMOTE_ADDR", ""),
            settings.STANDFIRST.trusted_proxies,
        )
        if minutes := TRIES.wait(address, name):
            # Before any password is looked at: that costs time, and a right guess must not show either.
            raise ValidationError(
                f"Too many tries did not match. Try again in {minutes} minute{'s' if minutes > 1 else ''}, "
                "or ask an administrator for a new password.",
                code="too_many_tries",
            )
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            TRIES.failed(address, name)
            if TRIES.wait(address, name):
                log.warning("Signing in as %r from %s failed so often that it is refused for a while.", name, address)
            raise
        if self.get_user() is not None:
            TRIES.succeeded(address, name)
        return cleaned
