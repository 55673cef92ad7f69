"""`python -m benchmarks` measures the press, and then how patients' own sheets are made."""

from benchmarks import personal, press

if __name__ == "__main__":
    press.main()
    personal.main()
