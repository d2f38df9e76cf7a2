"""What a connector is and how one is run."""
