"""A day of readings from solar inverters: collected, checked, added up."""
