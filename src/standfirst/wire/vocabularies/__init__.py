"""Vocabularies that agencies use, kept in the package. Pure: no Django."""
