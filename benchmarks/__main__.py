"""`python -m benchmarks` measures the press, how patients' own sheets are made, and how mail is sent."""

from benchmarks import mail, personal, press

if __name__ == "__main__":
    press.main()
    personal.main()
    mail.main()
