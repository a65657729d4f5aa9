"""A month of a company and its bank, on a frozen clock."""
