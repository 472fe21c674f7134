"""The operations of the engine, as offered to every face."""
