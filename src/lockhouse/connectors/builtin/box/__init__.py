"""Box: files and folders."""
