"""The command line and composition root: the only part that may import all the others."""
