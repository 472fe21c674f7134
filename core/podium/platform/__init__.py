"""Plain implementations of the ports, and what the machine offers: files, processes, time."""
