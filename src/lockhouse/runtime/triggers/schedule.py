"""Schedules: a flow's scheduleConfiguration → when it fires next. Pure functions; nobody sleeps here."""
