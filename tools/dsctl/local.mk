# dsctl: the command-line program.
