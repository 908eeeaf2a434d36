from standfirst.desk.tests.doors import desk
from standfirst.stories.tests.cast import cast, committed, quiet_ports

__all__ = ["cast", "committed", "desk", "quiet_ports"]
