"""Performance as ratios measured in one run against a baseline on the same data: `make bench`."""
