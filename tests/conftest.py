from tests.newsroom import newsroom
from tests.running import _kept, demonstration, served

__all__ = ["_kept", "demonstration", "newsroom", "served"]
