"""The server and its connection; the only package that depends on pygls."""
