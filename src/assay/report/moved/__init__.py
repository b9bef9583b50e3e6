"""What moved between two tables: columns ranked by how far, found in any run's results."""
