"""Microsoft Excel Online: rows and columns of worksheets."""
