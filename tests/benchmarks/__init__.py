"""The benchmarks: what they count, read and print."""
