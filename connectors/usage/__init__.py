"""Sources of usage: product analytics and files."""
