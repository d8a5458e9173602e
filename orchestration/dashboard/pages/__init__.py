"""The pages, a module each: a function ``show`` that puts one together."""
