"""The pack for sales management: read, put into words and charts, and written as HTML, PDF or a workbook."""
