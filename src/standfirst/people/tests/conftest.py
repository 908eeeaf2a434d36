import pytest

from standfirst.people import actions
from standfirst.people.models import User


@pytest.fixture
def ada(db: None) -> User:
    """An administrator of a newsroom that has nothing but its roles."""
    actions.ensure_roles()
    return actions.hire(username="ada", name="Ada Cole", roles=["Administrator"])
