"""What benchmarks/forecast.py is made of."""
