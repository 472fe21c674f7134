"""The language server's package: the only one that knows LSP. Its first release is being built."""
