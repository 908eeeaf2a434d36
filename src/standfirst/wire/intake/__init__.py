"""The rules of intake: from a file as received to what becomes of each item in it."""
