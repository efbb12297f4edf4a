"""The data sets of a shop, each a file in one folder."""
