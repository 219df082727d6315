"""Tables of results that others published: what they state, row by row, and what is odd in them."""
