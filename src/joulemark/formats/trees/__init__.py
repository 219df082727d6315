"""Trees of files: folders, archives (tar, zip) and git repositories, read alike."""
