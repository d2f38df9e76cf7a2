"""How to open a database; nothing about what is in it."""
