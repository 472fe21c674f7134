"""Access to the machine: files, processes, time, entry points and YAML."""
