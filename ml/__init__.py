"""Pure functions of the persona warehouse: arrays and frames in and out."""
