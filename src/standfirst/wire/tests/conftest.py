from standfirst.wire.tests.agency import desk, lasting_desk

__all__ = ["desk", "lasting_desk"]
