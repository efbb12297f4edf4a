"""What the jobs of this project share."""
