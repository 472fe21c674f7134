"""The MCP server: the only package that knows the Model Context Protocol."""
