"""The leaderboard: a static site of the whole record, readable from a folder or a web server."""
