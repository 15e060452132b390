"""Tables of others: plate maps and measurements by well."""
