"""The rules of the game: standard library only, no I/O, no clock, no threads."""
