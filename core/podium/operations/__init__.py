"""Everything that a face can ask of the engine; must not know how results are shown."""
