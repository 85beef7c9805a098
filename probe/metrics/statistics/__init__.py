"""Intervals, paired tests, power, multiplicity: statistics of cells and metrics, no metrics themselves."""
