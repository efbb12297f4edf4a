"""One package a target, the same file names in each; the probes run outside the compiler."""
