"""The command line beside a bare interpreter."""
