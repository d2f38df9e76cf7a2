"""Gmail: mails sent and read."""
