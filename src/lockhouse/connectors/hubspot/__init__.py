"""Records of HubSpot's CRM: shared by the connectors of HubSpot's single products."""
