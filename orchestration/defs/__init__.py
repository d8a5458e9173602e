"""Dagster definitions by subject."""
