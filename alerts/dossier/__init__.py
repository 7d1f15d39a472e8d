"""All that is known of one alert: gathered, told in order, taken out of the console, and checked elsewhere."""
