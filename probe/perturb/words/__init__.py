"""Word lists that families draw from, curated by hand."""
