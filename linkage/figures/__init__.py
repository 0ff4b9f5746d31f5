"""统计: the record counted, checked and taken out of the house."""
