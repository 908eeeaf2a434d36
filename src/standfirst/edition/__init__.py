"""Composes frozen snapshots of what readers may see; the last place that asks the newsroom's database."""
