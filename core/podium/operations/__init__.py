"""Everything that a face may ask of the engine; must not know how it is shown."""
