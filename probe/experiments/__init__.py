"""Analyses that ask the model again: attribution, search, shrinking, explanation."""
