"""Jobs: what is stored of them, how they come to be, their answers and their queue."""
