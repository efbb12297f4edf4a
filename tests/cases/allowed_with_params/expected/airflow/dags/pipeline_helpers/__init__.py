"""What the DAGs beside this package share."""
