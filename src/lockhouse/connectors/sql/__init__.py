"""Tables of relational databases as business objects: shared by the connectors of the single databases."""
