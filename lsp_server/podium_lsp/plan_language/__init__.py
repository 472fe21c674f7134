"""Plan files and settings as a language: texts in, places and words out; must not know LSP."""
