"""Other pipelines on the same bot and the same data."""
