"""What the commands print, where it is more than a line: tables, trees, JSON, JUnit, Markdown."""
