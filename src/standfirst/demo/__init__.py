"""The demonstration newsroom: a fictional publisher, its copy, its pictures and two agencies that go on delivering."""
