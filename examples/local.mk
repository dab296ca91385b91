# Small host programs.
