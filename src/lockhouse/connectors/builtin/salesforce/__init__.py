"""Salesforce: REST API and SOQL."""
