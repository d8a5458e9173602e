"""Orchestration: delivery, Dagster assets, publishing and the command line."""
