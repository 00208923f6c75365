"""What a trace tells, ours or anybody's: statistics, loss, what is odd, and where port 25 is shut."""
