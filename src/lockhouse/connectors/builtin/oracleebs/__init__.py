"""Oracle E-Business Suite: PL/SQL interfaces of the Integrated SOA Gateway."""
