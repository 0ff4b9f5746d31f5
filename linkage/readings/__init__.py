"""监测: what stations measure, judged against thresholds; a reading is no alert."""
