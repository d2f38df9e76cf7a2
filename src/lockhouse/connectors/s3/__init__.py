"""Object stores that speak Amazon's S3 protocol: shared by the connectors of the single stores."""
