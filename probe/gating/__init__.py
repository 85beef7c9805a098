"""The gate: whether a run is worse than a baseline or a bound, as one verdict for every report and exit code."""
