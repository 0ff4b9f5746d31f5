"""预警: what lies inside which, who prepares, how one runs out, and our own to the public."""
