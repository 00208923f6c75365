"""What the DNS says about mail to a domain."""
