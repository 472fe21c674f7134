"""The store's folder on disk: layout, durable writes, errors of the system."""
