"""Counting what is read, and the most read stories. No reader is known, only paths and numbers."""
