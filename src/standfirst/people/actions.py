"""People join, change roles and leave."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from standfirst.kit.errors import Problem
from standfirst.people.models import User
from standfirst.people.roles import ROLES


@transaction.atomic
def ensure_roles() -> dict[str, Group]:
    """Make every role's group and give it the role's permissions. Safe to repeat; returns name -> group."""
    groups = {}
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role.name)
        missing = [name for name in role.permissions if name not in known]
        if missing:
            raise Problem(f"The role {role.name} asks for permissions that do not exist: {', '.join(missing)}.")
        group.permissions.set([known[name] for name in role.permissions])
        groups[role.name] = group
    return groups


@transaction.atomic
def hire(*, username: str, name: str, roles: Iterable[str], password: str | None = None, email: str = "") -> User:
    """Give somebody an account with these roles. Without a password they cannot sign in until one is set."""
    first, _, last = name.partition(" ")
    user = User.objects.create_user(username, email, password, first_name=first, last_name=last)
    user.groups.set(Group.objects.filter(name__in=list(roles)))
    return user
