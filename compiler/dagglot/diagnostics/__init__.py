"""Findings: rules, places, and how they are shown."""
