"""Pictures as numbers: what to draw where. The templates turn them into markup."""
