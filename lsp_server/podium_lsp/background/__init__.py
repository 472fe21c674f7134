"""Background services: they watch projects and keep the editor up to date."""
