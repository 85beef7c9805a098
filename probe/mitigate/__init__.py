"""Cures without training: ask or read differently, and see what it changes on the same variants."""
