"""The store's folder on disk: layout, durable writes, and operating system errors."""
