"""Mailchimp: members of audiences, campaigns, audiences."""
