"""The command line: one command a file, each parse → call → render → exit code."""
