"""Plans and reports as documents: JSON, CSV, Markdown, Mermaid."""
