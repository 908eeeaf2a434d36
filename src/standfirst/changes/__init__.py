"""Change rows, ticks, audit entries and ports: how a write in the newsroom becomes work for the press."""
