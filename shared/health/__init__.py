"""How a process fares: liveness, readiness and figures, of APIs and of workers."""
