"""What orders the phases of a measurement: sessions, commands, benches."""
