"""Figures for papers and pages: any figure data as SVG, PNG and CSV, in the style of the house."""
