"""``python -m assay``."""

from assay.cli.main import program

if __name__ == "__main__":
    program()
