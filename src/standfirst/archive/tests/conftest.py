from tests.newsroom import newsroom

__all__ = ["newsroom"]
