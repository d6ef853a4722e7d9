"""`python -m cli`: the `scout` command where no console script is installed."""

from cli.main import main

if __name__ == "__main__":
    main()
