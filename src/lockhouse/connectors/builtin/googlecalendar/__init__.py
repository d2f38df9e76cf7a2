"""Google Calendar: events and calendars."""
