"""Workday."""
