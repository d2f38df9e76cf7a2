"""Google Contacts (the People API)."""
