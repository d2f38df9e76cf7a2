"""One history of migrations for all rooms."""
