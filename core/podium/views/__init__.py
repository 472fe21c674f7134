"""What a face shows of plans, runs and findings, as plain values; knows no store and no face."""
