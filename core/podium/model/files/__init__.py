"""The schemas of files that people write."""
