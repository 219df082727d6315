"""Rules on results that others stated: which figures cannot belong where they stand."""
