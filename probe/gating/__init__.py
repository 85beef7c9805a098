"""The gate: is this run worse than a blessed one, or than a bound; one verdict from which every report and exit code comes."""
