from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from standfirst.people import actions
from standfirst.people.models import User
from standfirst.people.roles import ROLES

PASSWORD = "harbour-light-77"


def account(username: str, **fields: object) -> dict[str, object]:
    return {
        "username": username,
        "first_name": "Nia",
        "last_name": "Bello",
        "email": f"{username}@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "is_active": "on",
        **fields,
    }


def test_every_role_is_a_group_with_its_permissions_and_says_what_it_is_for(ada: User) -> None:
    groups = actions.ensure_roles()
    assert list(groups) == [role.name for role in ROLES]
    assert Group.objects.filter(name__in=groups).count() == len(ROLES)
    for role in ROLES:
        assert role.says.endswith(".")
        held = {
            f"{p.content_type.app_label}.{p.codename}"
            for p in groups[role.name].permissions.select_related("content_type")
        }
        assert held == set(role.permissions)


def test_what_each_role_may_do_is_as_the_newsroom_agreed(ada: User) -> None:
    may = {role.name: set(role.permissions) for role in ROLES}
    publishes = {role.name for role in ROLES if "publish_page" in role.pages}
    assert publishes == {"Wire editor", "Editor", "Publisher", "Administrator"}
    assert {name for name, held in may.items() if "stories.kill_story" in held} == publishes
    assert {name for name, held in may.items() if "stories.restore_story" in held} == publishes - {"Wire editor"}
    assert {name for name, held in may.items() if "stories.change_sitefacts" in held} == {"Publisher", "Administrator"}
    assert {name for name, held in may.items() if "people.add_user" in held} == {"Administrator"}


def test_somebody_hired_has_a_name_and_roles_and_cannot_sign_in_without_a_password(ada: User) -> None:
    nia = actions.hire(username="nia", name="Nia Bello Ade", roles=["Editor", "Reporter"])
    assert (str(nia), nia.roles()) == ("Nia Bello Ade", ["Reporter", "Editor"])
    assert not nia.has_usable_password()
    assert nia.has_perm("stories.kill_story")


def test_an_administrator_hires_and_changes_roles_on_the_screen(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    editor, reporter = Group.objects.get(name="Editor"), Group.objects.get(name="Reporter")
    client.post(reverse("wagtailusers_users:add"), account("nia", groups=[editor.pk]))
    nia = User.objects.get(username="nia")
    assert (nia.roles(), nia.check_password(PASSWORD)) == (["Editor"], True)
    edit = reverse("wagtailusers_users:edit", args=[nia.pk])
    client.post(edit, account("nia", groups=[reporter.pk], password1="", password2=""))
    assert User.objects.get(username="nia").roles() == ["Reporter"]


def test_nobody_makes_an_account_that_may_do_more_than_any_role(ada: User) -> None:
    root = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    client = Client()
    client.force_login(ada)
    client.post(reverse("wagtailusers_users:add"), account("nia", is_superuser="on"))
    assert not User.objects.filter(username="nia").exists()
    mine = reverse("wagtailusers_users:edit", args=[ada.pk])
    client.post(mine, account("ada", is_superuser="on", password1="", password2=""))
    client.post(
        reverse("wagtailusers_users:edit", args=[root.pk]),
        account("root", password1="taken-over-9", password2="taken-over-9"),
    )
    assert list(User.objects.filter(is_superuser=True)) == [root]
    assert User.objects.get(pk=root.pk).check_password(PASSWORD)


def test_the_operators_account_stays_what_it_is_when_many_are_changed_at_once(ada: User) -> None:
    root = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    nia = actions.hire(username="nia", name="Nia Bello", roles=["Reporter"])
    client = Client()
    client.force_login(ada)
    switch_off = reverse("wagtail_bulk_action", args=["people", "user", "set_active_state"])
    client.post(f"{switch_off}?id={root.pk}&id={nia.pk}&next=/newsroom/users/", {"mark_as_active": "False"})
    assert User.objects.get(pk=root.pk).is_active
    assert not User.objects.get(pk=nia.pk).is_active
    alone = client.post(f"{switch_off}?id={root.pk}&next=/newsroom/users/", {"mark_as_active": "False"}, follow=True)
    assert User.objects.get(pk=root.pk).is_active
    assert "only the operator changes it" in alone.content.decode()


@pytest.mark.parametrize("role", [role.name for role in ROLES if role.name != "Administrator"])
def test_other_roles_have_no_part_in_that(ada: User, role: str) -> None:
    client = Client()
    client.force_login(actions.hire(username="somebody", name="Some Body", roles=[role]))
    client.post(reverse("wagtailusers_users:add"), account("nia"))
    assert not User.objects.filter(username="nia").exists()
    assert client.get(reverse("wagtailusers_users:index")).status_code == 302
