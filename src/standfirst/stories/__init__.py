"""Sections, stories, authors, and the facts about them: origins, corrections, addresses, kills, schedules."""
