"""How fast is dagglot? Ratios of CPU time, each to a yardstick of the same run."""
