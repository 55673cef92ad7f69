"""`python -m benchmarks` measures the press."""

from benchmarks.press import main

if __name__ == "__main__":
    main()
