"""The MCP server: the only package that depends on the Model Context Protocol."""
