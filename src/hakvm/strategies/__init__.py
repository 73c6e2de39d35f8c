"""Hypothesis strategies for every public type, for your own tests."""

try:
    import hypothesis as _hypothesis  # noqa: F401 - asked for here, so that its absence is named
except ModuleNotFoundError as error:
    raise ImportError(
        "hakvm.strategies needs hypothesis: pip install 'hakvm[strategies]'"
    ) from error
