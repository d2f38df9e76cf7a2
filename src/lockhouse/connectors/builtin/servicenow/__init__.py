"""ServiceNow: records of every table, comments, attachments."""
