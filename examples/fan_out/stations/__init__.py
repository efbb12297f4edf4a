"""A day of air quality: each station's file read, judged, loaded and summed up."""
