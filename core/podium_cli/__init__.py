"""The command line, and the one place that may import every part."""
