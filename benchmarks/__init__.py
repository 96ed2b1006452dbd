"""Scripts that measure: what the figures in `docs/benchmarks.md` come from; with `--json` each prints one object."""
