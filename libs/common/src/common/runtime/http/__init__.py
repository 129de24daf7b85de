"""An HTTP port with bounds on whoever connects."""
