"""Views of documents that are kept up to date, because large plans take long to read."""
