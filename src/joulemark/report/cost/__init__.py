"""The block of declared numbers: carbon, money, facility energy; always named so."""
