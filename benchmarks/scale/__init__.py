"""Beyond one box: what a camera costs, and what breaks at which number of cameras."""
