"""Who looks, and with whose rights the API server is asked."""
