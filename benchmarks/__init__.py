"""How fast the press is: see press.py."""
