"""The conformance suite: real agents against a model on loopback."""
