"""The read models: one folder each, with its table and how events become its rows."""
