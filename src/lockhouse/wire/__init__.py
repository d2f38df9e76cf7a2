"""What we promise outsiders: shapes only."""
