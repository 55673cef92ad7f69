"""The translator's way: what there is to translate goes out, words come in, and nothing is lost between."""
