"""Old copy from other systems: read in bulk, written as if it had been published here."""
