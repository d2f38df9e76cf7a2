"""Oracle Human Capital Management: workers, assignments, profiles and candidates."""
