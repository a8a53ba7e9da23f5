"""What all tests share."""

from hypothesis import settings

# A busy machine makes no test fail: speed is measured in benchmarks.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
