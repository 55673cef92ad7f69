"""The tests of careleaf."""
