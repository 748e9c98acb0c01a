"""`python -m docwalk`: the same as the console script."""

from docwalk.cli import main

if __name__ == "__main__":
    main()
