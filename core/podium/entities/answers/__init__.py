"""The answers of people, by kind of question."""
