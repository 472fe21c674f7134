"""Protocols at the edge of the engine, and the plain implementations of the smallest ones."""
