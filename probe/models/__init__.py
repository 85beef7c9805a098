"""Language models behind two methods; see `probe.models.base` for the seam and `probe.models.loaders` for the names."""
