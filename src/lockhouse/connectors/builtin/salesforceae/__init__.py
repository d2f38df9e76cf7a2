"""Salesforce Account Engagement (formerly Pardot)."""
