"""A plain Wagtail site with the same copy, built the ordinary way: pages are rendered when they are asked for.

Nothing of Standfirst is in it. What an ordinary site does to be quick is done: cached template loader, database
connections kept, SQLite with a write-ahead log, related objects fetched together, bodies left out of lists, no log of
requests. What hides rendering is left out: caches of pages and of parts of templates.
"""
