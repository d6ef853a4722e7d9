"""`python -m cli`: the `scout` command where no console script is installed."""

from cli.start import main

if __name__ == "__main__":
    main()
