"""Businessmap: cards, comments, boards and their users."""
