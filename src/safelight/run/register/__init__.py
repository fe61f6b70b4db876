"""The controlled-drugs register on paper and in files: layouts, prints, exports and checks."""
