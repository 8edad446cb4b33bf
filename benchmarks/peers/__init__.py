"""What a competent user would write instead, each in one module, to be timed beside the program."""
