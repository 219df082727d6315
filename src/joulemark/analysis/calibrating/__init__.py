"""Fit one meter against another, and show by leaving workloads out what that gains."""
