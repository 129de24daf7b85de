"""Files that citizens send: cleaned, sealed in object storage, shown to whoever may see them, erased with them."""
