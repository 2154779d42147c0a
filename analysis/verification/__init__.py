"""What the program is checked by from outside: small worlds whose results are known by hand, formula or equation."""
