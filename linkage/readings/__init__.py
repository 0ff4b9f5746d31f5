"""What stations measure: judged against thresholds, kept compactly; a reading is no alert."""
