"""What is shown in texts: problems of syntax, findings, and problems of plan files."""
