"""What is printed of a run: a map for each service, the atlas, the report for Word.

Everything is read off the coverage table, in the words of `report`; nothing is computed anew.
"""
