"""The assembled server, its transports, and the handlers other than tools."""
