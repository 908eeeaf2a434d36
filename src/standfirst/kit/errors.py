"""Errors that people read. Each message is one sentence that says what happened and what to do."""


class Problem(Exception):
    """Something that a person can mend. Commands print its message and exit; screens show it."""


class Misconfigured(Problem):
    """A setting that cannot be used."""


class Refused(Problem):
    """An action that a rule or a missing permission forbids."""
