"""The nouns: values and small protocols that every other room speaks in."""
