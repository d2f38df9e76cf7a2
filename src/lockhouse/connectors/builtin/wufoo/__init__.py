"""Wufoo."""
