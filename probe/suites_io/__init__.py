"""The files of a suite folder; use them through `probe.suite`."""
