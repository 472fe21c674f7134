"""Problems in plan files."""
