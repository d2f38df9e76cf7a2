"""Microsoft Dynamics 365 Sales: rows of Dataverse tables."""
