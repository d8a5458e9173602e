"""The dashboard: pages on the published file, for people who read numbers.

``app`` is what the server runs, ``script`` what it runs for each visit;
``views`` has a module per page. Nothing here reads the warehouse, and nothing
is written.
"""
