"""What ``joulemark validate`` can hold the intervals against, one file each."""
