"""What goes on beside the requests: projects are followed and kept shown."""
