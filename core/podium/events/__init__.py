"""The one feed of what happens in a project: whatever follows the journal subscribes here."""
