from standfirst.stories.tests.cast import cast, committed, quiet_ports

__all__ = ["cast", "committed", "quiet_ports"]
