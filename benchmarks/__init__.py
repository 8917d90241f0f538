"""Measurements behind docs/performance.md: `make bench`, or `python -m benchmarks NAME`. Not part of the product."""
