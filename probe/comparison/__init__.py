"""Finished runs side by side: differences, rankings, history, sample size."""
