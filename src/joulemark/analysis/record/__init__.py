"""The public record of energy: every stated or computed result once, with its provenance."""
