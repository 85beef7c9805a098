"""Reading of files that others wrote: only plain files, only so large, and data only so deep."""
