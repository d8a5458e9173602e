"""The dashboard: pages on the published file, for people who read numbers.

``app`` is the script that Streamlit runs; ``pages`` has a module per page.
Nothing here reads the warehouse, and nothing is written.
"""
