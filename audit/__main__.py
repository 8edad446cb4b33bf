"""`python -m audit` is `pos-audit`."""

from audit.cli import main

if __name__ == "__main__":
    main()
