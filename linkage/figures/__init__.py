"""⑤ the record counted, checked and taken out of the house."""
