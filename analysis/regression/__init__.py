"""The gate of CI: worlds that ran when the baseline was made, on the same luck, and what became of their results."""
