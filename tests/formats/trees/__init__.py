"""Tests of trees of files, and what makes the trees for them."""
