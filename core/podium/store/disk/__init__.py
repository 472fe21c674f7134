"""The store's folder on disk: layout, durable writes, and errors of the operating system."""
