"""The tools, by what they are about; each parses, calls the engine and renders."""
