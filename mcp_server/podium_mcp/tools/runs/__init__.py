"""Tools about runs, which outlive the host that started them."""
