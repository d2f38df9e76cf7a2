"""HubSpot Marketing."""
