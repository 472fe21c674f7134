"""Language support for plan files, playbooks and settings; independent of LSP."""
