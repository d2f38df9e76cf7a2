"""Trello: cards, and the boards and lists they are on."""
