"""Binary Office files (DOC, XLS, PPT, XLSB), which LibreOffice rewrites as today's formats where it is installed."""
