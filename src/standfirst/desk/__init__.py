"""The desk's screens: stories by state, fronts, kills, corrections, what the press is doing."""
