"""Microsoft SharePoint."""
