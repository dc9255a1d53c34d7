"""What a service's API description says beyond what FastAPI reads off the code."""
