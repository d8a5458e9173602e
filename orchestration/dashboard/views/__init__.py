"""The pages, a module each: a function ``show`` that puts one together.

The folder is not called ``pages``: Streamlit would take each module for a
script of its own, and run it when its address is the first that is visited.
"""
