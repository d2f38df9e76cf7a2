"""The one expression language."""
