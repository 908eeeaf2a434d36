"""Pictures and documents, with their rights. Originals are private; readers get copies that the press bakes."""
