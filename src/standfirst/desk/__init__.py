"""The desk's screens: stories by state, pinned leads, kills, corrections, what the press is doing."""
