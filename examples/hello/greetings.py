"""The Python of the example: an ordinary function, with no orchestrator in sight."""


def greet(name: str) -> str:
    """The line that the shell task prints."""
    return f"Hello, {name.strip() or 'world'}!"
