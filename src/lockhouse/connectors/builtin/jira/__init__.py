"""Jira: issues, comments, attachments, projects."""
