"""What earlier revisions wrote and started, met by the present program."""
