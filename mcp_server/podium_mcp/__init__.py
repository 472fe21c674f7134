"""The MCP server's package: the only one that knows MCP. Its first release is being built."""
