"""GitHub: issues, comments, repositories, commits."""
