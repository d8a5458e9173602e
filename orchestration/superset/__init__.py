"""Apache Superset with our dashboard, on this machine.

The folder ``bundle`` holds a database, datasets, charts and a dashboard as
Superset exports them, less what can be read from the published file: columns,
types, descriptions. ``bundle.py`` adds that, ``server.py`` sets Superset up in
an environment of its own and serves it, ``inside.py`` runs in there.
"""
