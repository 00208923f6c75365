"""The world as published: one file a data set, each parsed into rows, joined in the gazetteer."""
