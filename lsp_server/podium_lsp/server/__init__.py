"""The library's server and its connection: the only folder that knows pygls."""
