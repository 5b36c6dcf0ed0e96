"""Who is there: $connect, authenticate, ping, $disconnect."""
