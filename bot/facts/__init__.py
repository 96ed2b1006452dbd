"""Facts: what the sources say, kept in Parquet, and the engine that computes metrics from it."""
