"""What runs beside the work in every process: renewing leases, finding what was lost."""
