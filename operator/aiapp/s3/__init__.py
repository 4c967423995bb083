"""The S3 protocol as importer and fetcher both speak it: addresses, conditions, listings, and what answers mean."""
