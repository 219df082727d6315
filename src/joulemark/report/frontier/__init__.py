"""Frontiers and recommendations for people and programs: tables, JSON, pages."""
