"""Google Sheets: rows, worksheets, spreadsheets."""
