"""信息报送: what must be reported to whom by when; written, signed, sent, received."""
