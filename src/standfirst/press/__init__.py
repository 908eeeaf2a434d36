"""Prints pages: the engine that knows what is due, the outlet it prints to, the worker that does it."""
