"""Hypothesis strategies for every public type."""
