"""Asana: tasks."""
