"""The command line for those who operate Bellwether: `bellwether`, or `python -m bellwether`."""
