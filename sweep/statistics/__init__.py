"""Statistics of many points with few seeds: pooled noise, intervals, shrunk estimates. Arrays in, arrays out."""
