"""What is done with replies: reused, read for their files, answered with syntax checks."""
