"""`python -m standfirst` is the command `standfirst`."""

from standfirst.cli.main import main

if __name__ == "__main__":
    main()
