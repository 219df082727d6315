"""How efficiency changed in the record: pure functions on its entries."""
