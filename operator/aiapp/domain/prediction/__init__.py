"""Predictions by command: which declared API is asked, what is sent, what an answer means."""
