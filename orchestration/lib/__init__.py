"""Reusable kinds of work that the Dagster assets and the command line share."""
