"""Other people's files, read into the nouns of core; what is wrong in them is named."""
