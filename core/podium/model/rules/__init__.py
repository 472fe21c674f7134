"""Pure rules over the values: what is next, what depends on what, what is due."""
