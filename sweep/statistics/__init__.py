"""What few seeds say of many points: noise that points share, intervals, shrunk estimates. Arrays in, arrays out."""
