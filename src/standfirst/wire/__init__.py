"""Agency copy: what arrives, what it says, and what becomes of it."""
