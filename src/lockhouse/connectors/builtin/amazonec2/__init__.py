"""Amazon EC2: instances, and what they are made of."""
