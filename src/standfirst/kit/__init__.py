"""Plain Python helpers that every department may use. No Django, no settings, no newsroom nouns."""
