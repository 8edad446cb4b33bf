"""One reader per kind of file; each hands over the same thing, sheets as columns of text with marks."""
