"""Reports in, models out; and the models' answers: recommendations, genres, buckets."""
