"""Microsoft OneDrive for Business: files and folders."""
