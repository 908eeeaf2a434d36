"""The user model. Own from the first migration: it cannot be changed later."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser

from standfirst.people.roles import ROLES


class User(AbstractUser):
    """Somebody who signs in. What they may do comes from their roles (groups)."""

    def roles(self) -> list[str]:
        """Names of the roles that this person has, in the order of `ROLES`."""
        mine = set(self.groups.values_list("name", flat=True))
        return [role.name for role in ROLES if role.name in mine]

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()
