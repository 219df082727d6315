"""The numbers behind each figure, from the public record; drawing is the room of reports."""
