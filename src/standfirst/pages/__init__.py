"""Everything that a reader sees: pure functions from state to bytes."""
