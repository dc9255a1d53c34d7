"""What holds of audits, findings and their dates, whoever asks; no I/O."""
